# One page for an operator: what goes on, what goes wrong, and what it costs.

locals {
  # Three in a row: 8 of 24 columns each.
  graphs = [
    {
      title = "Jobs"
      lines = [
        [local.metric_namespace, "JobsSubmitted", { label = "accepted" }],
        [local.metric_namespace, "JobsEnded", { label = "ended" }],
        [local.metric_namespace, "JobsFailed", { label = "failed or timed out", color = "#d62728" }],
      ]
    },
    {
      title = "Ended without success, by cause"
      lines = [[{ expression = "SEARCH('{\"${local.metric_namespace}\",Cause,Status} MetricName=\"JobsEndedByCause\" NOT Cause=\"none\"', 'Sum')", label = "" }]]
    },
    {
      title = "Failed attempts, by cause"
      lines = [[{ expression = "SEARCH('{\"${local.metric_namespace}\",Cause} MetricName=\"AttemptsFailedByCause\"', 'Sum')", label = "" }]]
    },
    {
      title = "Seconds that the oldest ready job has waited"
      stat  = "Maximum"
      lines = [for band in local.bands : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "${var.name}-${band}", { label = band }]]
    },
    {
      title = "Ready jobs, and dead letters"
      stat  = "Maximum"
      lines = [for queue in concat(local.bands, ["dead-letters"]) : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${var.name}-${queue}", { label = queue }]]
    },
    {
      title = "Failed launches, by reason"
      lines = [[{ expression = "SEARCH('{\"${local.metric_namespace}\",Reason} MetricName=\"LaunchesFailedByReason\"', 'Sum')", label = "" }]]
    },
    {
      title = "Seconds from the claim to a worker that runs"
      lines = [
        [local.metric_namespace, "LaunchSeconds", { label = "half of them", stat = "p50" }],
        [local.metric_namespace, "LaunchSeconds", { label = "nine of ten", stat = "p90" }],
        [local.metric_namespace, "LaunchSeconds", { label = "launches", stat = "SampleCount", yAxis = "right" }],
      ]
    },
    {
      title = "Orchestrators that run"
      stat  = "SampleCount"
      # The number of reports within a minute is the number of tasks.
      period = 60
      lines  = [["AWS/ECS", "CPUUtilization", "ClusterName", aws_ecs_cluster.this.name, "ServiceName", aws_ecs_service.orchestrator.name, { label = "orchestrators" }]]
    },
    {
      title = "Virtual processors on Fargate, of the whole account"
      stat  = "Maximum"
      lines = [for class, label in { "Standard/OnDemand" = "on demand", "Standard/Spot" = "Spot" } :
        ["AWS/Usage", "ResourceCount", "Service", "Fargate", "Type", "Resource", "Resource", "vCPU", "Class", class, { label = label }]
      ]
    },
    {
      title = "Dollars for model calls"
      lines = [[local.metric_namespace, "ModelSpendDollars", { label = "dollars" }]]
    },
    {
      title = "Units of the table that were consumed"
      lines = [for direction in ["Read", "Write"] :
        ["AWS/DynamoDB", "Consumed${direction}CapacityUnits", "TableName", aws_dynamodb_table.this.name, { label = lower(direction) }]
      ]
    },
    {
      title = "Calls that the table put off"
      lines = [for direction in ["Read", "Write"] :
        ["AWS/DynamoDB", "${direction}ThrottleEvents", "TableName", aws_dynamodb_table.this.name, { label = lower(direction) }]
      ]
    },
  ]

  graph_height = 6

  graph_widgets = [for place, graph in local.graphs : {
    type   = "metric"
    x      = place % 3 * 8
    y      = 2 + floor(place / 3) * local.graph_height
    width  = 8
    height = local.graph_height
    properties = {
      title   = graph.title
      region  = local.region
      view    = "timeSeries"
      stacked = false
      stat    = try(graph.stat, "Sum")
      period  = try(graph.period, 300)
      metrics = graph.lines
      yAxis   = { left = { min = 0 } }
    }
  }]

  alarm_widget = {
    type   = "alarm"
    x      = 0
    y      = 0
    width  = 24
    height = 2
    properties = {
      title  = "Alarms"
      alarms = concat([for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn], [aws_cloudwatch_metric_alarm.orchestrators.arn])
    }
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${var.name}-${local.region}"
  dashboard_body = jsonencode({ widgets = concat([local.alarm_widget], local.graph_widgets) })
}
