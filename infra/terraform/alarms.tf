# What an operator should hear of. All alarms go to one topic.

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:alarms cannot be published with the key that AWS manages, and a customer's key costs a dollar each month; alarms name no job
  name = "${var.name}-alarms"

  depends_on = [terraform_data.unclaimed]
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "AlarmsAndTheBudgetOfThisAccount"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

resource "aws_sns_topic_subscription" "alarms" {
  count     = var.alarm_email == null ? 0 : 1
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  own_metric = { namespace = local.metric_namespace, stat = "Sum", dimensions = {} }

  alarms = {
    queue-age = {
      description = "Ready jobs wait for their launch. Is an orchestrator running? Is the account's quota of Fargate used up? `agent-runner doctor --backend aws` tells."
      metrics = { for band in local.bands : band => {
        namespace  = "AWS/SQS"
        name       = "ApproximateAgeOfOldestMessage"
        stat       = "Maximum"
        dimensions = { QueueName = "${var.name}-${band}" }
      } }
      # A queue that nobody used for hours has no metrics.
      expression = "MAX([${join(", ", [for band in local.bands : "FILL(${band}, 0)"])}])"
      over       = var.alarm_queue_age_seconds
      period     = 60
      periods    = 5
      # SQS is late, and until it has reported, a minute counts as 0.
      breaching = 3
    }
    dead-letters = {
      description = "There are messages that nobody could handle. The jobs go on without them, but something is wrong with whoever wrote or read them. Look at them in the queue of dead letters."
      metrics = { letters = {
        namespace  = "AWS/SQS"
        name       = "ApproximateNumberOfMessagesVisible"
        stat       = "Maximum"
        dimensions = { QueueName = "${var.name}-dead-letters" }
      } }
      over    = 0
      period  = 300
      periods = 1
    }
    failed-jobs = {
      description = "Many jobs fail. The dashboard shows by which cause; `agent-runner explain JOB` tells of one what to do."
      metrics = {
        ended  = merge(local.own_metric, { name = "JobsEnded" })
        failed = merge(local.own_metric, { name = "JobsFailed" })
      }
      expression = "IF(FILL(ended, 0) >= 5, 100 * FILL(failed, 0) / FILL(ended, 1), 0)"
      over       = var.alarm_failed_percent
      period     = 900
      periods    = 1
    }
    launch-failures = {
      description = "Launches fail, for lack of room or because a task cannot start. The dashboard shows by which reason, the log of orchestrators the platform's own words."
      metrics     = { failures = merge(local.own_metric, { name = "LaunchesFailed" }) }
      over        = var.alarm_launch_failures
      period      = 900
      periods     = 1
    }
    model-spend = {
      description = "Model calls cost more than usual. `agent-runner cost` tells whose; a tenant's daily budget stops them."
      metrics     = { dollars = merge(local.own_metric, { name = "ModelSpendDollars" }) }
      over        = var.alarm_spend_usd_per_hour
      period      = 3600
      periods     = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.over
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = try(each.value.breaching, each.value.periods)
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  dynamic "metric_query" {
    for_each = each.value.metrics
    content {
      id          = metric_query.key
      return_data = !can(each.value.expression)

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        stat        = metric_query.value.stat
        period      = each.value.period
        dimensions  = metric_query.value.dimensions
      }
    }
  }

  dynamic "metric_query" {
    for_each = can(each.value.expression) ? [each.value.expression] : []
    content {
      id          = "judged"
      label       = each.key
      expression  = metric_query.value
      return_data = true
    }
  }

  depends_on = [terraform_data.unclaimed]
}

# Every task reports its processor once a minute, so the number of reports is the number of tasks. It costs nothing, other
# than Container Insights. Who pauses the installation silences it, too.
resource "aws_cloudwatch_metric_alarm" "orchestrators" {
  alarm_name          = "${var.name}-orchestrators"
  alarm_description   = "Fewer orchestrators run than should. The events of the ECS service and the log of orchestrators tell why. Jobs that run go on, and none is lost."
  namespace           = "AWS/ECS"
  metric_name         = "CPUUtilization"
  dimensions          = { ClusterName = aws_ecs_cluster.this.name, ServiceName = aws_ecs_service.orchestrator.name }
  statistic           = "SampleCount"
  period              = 60
  evaluation_periods  = 10
  comparison_operator = "LessThanThreshold"
  threshold           = var.orchestrator_count
  treat_missing_data  = "breaching"
  actions_enabled     = local.orchestrators > 0
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
