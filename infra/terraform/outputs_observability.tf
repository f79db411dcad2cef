# Where the API is, and where to look and listen.

output "api_url" {
  description = "Where the API is on the internet, if api_enabled."
  value       = one(aws_apigatewayv2_api.this[*].api_endpoint)
}

output "api_authorization" {
  description = "What the API asks for before an API key: key (nothing), iam or jwt."
  value       = var.api_authorization
}

output "alarm_topic_arn" {
  description = "The topic that all alarms and the budget go to; subscribe to it."
  value       = aws_sns_topic.alarms.arn
}

output "alarms" {
  description = "The names of all alarms, by what they are about."
  value = merge(
    { for about, alarm in aws_cloudwatch_metric_alarm.this : about => alarm.alarm_name },
    { orchestrators = aws_cloudwatch_metric_alarm.orchestrators.alarm_name },
  )
}

output "dashboard" {
  description = "The name of the CloudWatch dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "metric_namespace" {
  description = "The namespace of the metrics that come from the log."
  value       = local.metric_namespace
}
