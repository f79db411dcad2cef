# Large payloads, results and files.
#
# Without versions: no program may delete an object, and what an attempt writes is named by its lease, so nothing is overwritten.

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV2_AWS_62:nobody listens: programs are told of results by the table
  #checkov:skip=CKV_AWS_18:access logs need a bucket of their own; CloudTrail can record data events where somebody wants them
  #checkov:skip=CKV_AWS_21:nothing is overwritten or deleted by programs, so versions would keep nothing more
  #checkov:skip=CKV_AWS_144:what is kept for days is not worth a second region; a lost result is a job to repeat
  #checkov:skip=CKV_AWS_145:encrypted with S3's own key; a customer's key costs a dollar each month and for each use
  bucket = local.bucket
  # Whoever protects the table does not want to lose what belongs to it.
  force_destroy = var.force_destroy_bucket && !var.deletion_protection

  # What was made last goes first: a bucket that is not empty stops the destruction before the jobs are gone.
  depends_on = [
    aws_dynamodb_table.this,
    aws_ecr_repository.this,
    aws_secretsmanager_secret.this,
    aws_sqs_queue.dead_letters,
    aws_sqs_queue.task_events,
    aws_sqs_queue.work,
  ]
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "what-was-never-finished"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = var.result_retention_days[*]
    content {
      id     = "what-jobs-leave"
      status = "Enabled"

      filter {
        prefix = "jobs/"
      }

      expiration {
        days = rule.value
      }
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.bucket.json

  # While the block is being made, S3 may refuse another change of the bucket.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
