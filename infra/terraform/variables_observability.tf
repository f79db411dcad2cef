# What is kept of the log, who is told of trouble, and what counts as trouble.

variable "log_retention_days" {
  description = "How long log lines are kept, in days; 0: for ever. Jobs and their events are in the table and do not go with them."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days: CloudWatch keeps lines for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days, or with 0 for ever."
  }
}

variable "alarm_email" {
  description = "Who is told of alarms and of the budget. AWS asks that address once whether it agrees. Left out, whoever subscribes to the topic of output alarm_topic_arn."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", var.alarm_email))
    error_message = "alarm_email: one address is wanted, such as operator@example.com. Subscribe others to the topic of output alarm_topic_arn."
  }
}

variable "alarm_queue_age_seconds" {
  description = "Alarm when a ready job has waited longer than that for its launch."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.alarm_queue_age_seconds >= 60 && var.alarm_queue_age_seconds <= 1209600
    error_message = "alarm_queue_age_seconds: use 60 to 1209600 (14 days, after which SQS forgets messages)."
  }
}

variable "alarm_failed_percent" {
  description = "Alarm when more than that of the jobs that ended within 15 minutes failed or timed out, and at least five ended."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.alarm_failed_percent >= 0 && var.alarm_failed_percent < 100
    error_message = "alarm_failed_percent: use 0 to less than 100."
  }
}

variable "alarm_launch_failures" {
  description = "Alarm when more launches than that failed within 15 minutes, for lack of room or for good."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.alarm_launch_failures >= 0 && floor(var.alarm_launch_failures) == var.alarm_launch_failures
    error_message = "alarm_launch_failures: use a whole number from 0."
  }
}

variable "alarm_spend_usd_per_hour" {
  description = "Alarm when the model calls of an hour cost more dollars than that."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.alarm_spend_usd_per_hour > 0
    error_message = "alarm_spend_usd_per_hour: use more than 0."
  }
}

variable "monthly_budget_usd" {
  description = "What AWS may cost a month, in dollars: its Budgets tell at 80 %, at 100 %, and when it looks as if it would be more. Left out, there is no budget."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget_usd == null || try(var.monthly_budget_usd > 0, false)
    error_message = "monthly_budget_usd: use more than 0, or leave it out to have no budget."
  }
}

variable "budget_by_tag" {
  description = "Whether the budget counts only what has the tag agent-runner = NAME instead of the whole account. Someone has to activate that tag for cost allocation before, or nothing is counted."
  type        = bool
  default     = false
  nullable    = false
}
