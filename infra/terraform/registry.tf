# The two images. A tag means one image for ever; what runs is named by digest (deployment.tf).

resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_136:encrypted with ECR's own key; a customer's key costs a dollar each month while nothing runs
  for_each = toset(["orchestrator", "worker"])

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_destroy_bucket

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Enough to go back a long way: an image of two architectures counts for three"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 100 }
      action       = { type = "expire" }
    }]
  })
}
