# What the programs print. An orchestrator and its workers have a group each, so that the filters of
# metrics.tf know whose line they read, and so that a job's log is found by the task that ran it.

resource "aws_cloudwatch_log_group" "orchestrator" {
  #checkov:skip=CKV_AWS_158:CloudWatch encrypts every group with a key of its own; a customer's key costs a dollar each month while nothing runs
  #checkov:skip=CKV_AWS_338:how long lines are kept is the operator's choice and cost; jobs and their events are kept in the table
  name              = "/${var.name}/orchestrator"
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "worker" {
  #checkov:skip=CKV_AWS_158:encrypted with CloudWatch's own key, as the group above
  #checkov:skip=CKV_AWS_338:the operator's choice and cost, as with the group above
  name              = "/${var.name}/worker"
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "api" {
  #checkov:skip=CKV_AWS_158:encrypted with CloudWatch's own key, as the group above
  #checkov:skip=CKV_AWS_338:the operator's choice and cost, as with the group above
  count             = var.api_enabled ? 1 : 0
  name              = "/${var.name}/api"
  retention_in_days = var.log_retention_days
}
