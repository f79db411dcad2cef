# Ready jobs in three bands, what nobody could handle, and news of tasks.

locals {
  queue_arns = { for queue in concat(local.bands, ["task-events", "dead-letters"]) :
  queue => "arn:${local.partition}:sqs:${local.region}:${local.account}:${var.name}-${queue}" }

  # A message comes back as long as no orchestrator has time for its job, so many returns are no fault of its own.
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 100
  })

  day = 86400
}

resource "aws_sqs_queue" "work" {
  for_each = toset(local.bands)

  name                      = "${var.name}-${each.key}"
  policy                    = data.aws_iam_policy_document.queue[each.key].json
  message_retention_seconds = 14 * local.day
  receive_wait_time_seconds = 20
  sqs_managed_sse_enabled   = true
  redrive_policy            = local.redrive_policy
}

resource "aws_sqs_queue" "task_events" {
  name                      = "${var.name}-task-events"
  policy                    = data.aws_iam_policy_document.queue["task-events"].json
  message_retention_seconds = 4 * local.day
  receive_wait_time_seconds = 20
  sqs_managed_sse_enabled   = true
  redrive_policy            = local.redrive_policy
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  policy                    = data.aws_iam_policy_document.queue["dead-letters"].json
  message_retention_seconds = 14 * local.day
  sqs_managed_sse_enabled   = true

  # No queue but those of the installation.
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [for queue, arn in local.queue_arns : arn if queue != "dead-letters"]
  })

  depends_on = [terraform_data.unclaimed]
}

data "aws_iam_policy_document" "queue" {
  for_each = local.queue_arns

  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]

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

  dynamic "statement" {
    for_each = each.key == "task-events" ? ["rule"] : []
    content {
      sid       = "NewsOfTasks"
      actions   = ["sqs:SendMessage"]
      resources = [each.value]

      principals {
        type        = "Service"
        identifiers = ["events.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [aws_cloudwatch_event_rule.task_events.arn]
      }
    }
  }
}

locals {
  queues = merge(
    { for band, queue in aws_sqs_queue.work : band => queue },
    { "task-events" = aws_sqs_queue.task_events, "dead-letters" = aws_sqs_queue.dead_letters },
  )
}
