# AWS tells of every change of a task; the ends of those of our cluster go to a queue, which orchestrators read. A task
# changes seven times on its way there, and each message costs three requests.

resource "aws_cloudwatch_event_rule" "task_events" {
  # A rule of a name that is taken would be overwritten without a word, so the end of this name is made up.
  name_prefix = "${var.name}-task-events-"
  description = "Ends of tasks in the cluster ${var.name}"

  event_pattern = jsonencode({
    source        = ["aws.ecs"]
    "detail-type" = ["ECS Task State Change"]
    detail        = { clusterArn = [aws_ecs_cluster.this.arn], lastStatus = ["STOPPED"] }
  })
}

resource "aws_cloudwatch_event_target" "task_events" {
  rule      = aws_cloudwatch_event_rule.task_events.name
  target_id = "queue"
  arn       = aws_sqs_queue.task_events.arn
}
