# What is kept, and for how long.

variable "bucket_name" {
  description = "The bucket of payloads, results and files. Left out, NAME-ACCOUNT-REGION: names of buckets are shared by all of AWS."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name: use 3 to 63 lower-case letters, digits and hyphens, no hyphen first or last."
  }
}

variable "result_retention_days" {
  description = "After how many days large payloads, results and files are deleted. The job itself stays in the table. null keeps them for ever."
  type        = number
  default     = 365

  validation {
    condition     = var.result_retention_days == null || try(var.result_retention_days >= 30 && floor(var.result_retention_days) == var.result_retention_days, false)
    error_message = "result_retention_days: use a whole number from 30, because jobs that still wait have their payloads there too, or null to keep everything."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the table. To destroy the installation, apply it with false first."
  type        = bool
  default     = false
  nullable    = false
}

variable "force_destroy_bucket" {
  description = "Whether destroying the installation deletes what lies in the bucket and in the repositories of images. Without it a bucket that is not empty stops the destruction."
  type        = bool
  default     = false
  nullable    = false
}

variable "secrets" {
  description = "Keys that workers may use beside anthropic-api-key: PROVIDER-api-key, or agent-runner-secret-NAME for payloads that name AGENT_RUNNER_SECRET_NAME. Each costs $0.40 a month."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^([a-z0-9][a-z0-9-]*-api-key|agent-runner-secret-[a-z0-9-]+)$", secret))])
    error_message = "secrets: ${join(", ", [for secret in var.secrets : secret if !can(regex("^([a-z0-9][a-z0-9-]*-api-key|agent-runner-secret-[a-z0-9-]+)$", secret))])} could not be read by workers. Use PROVIDER-api-key, such as openai-api-key, or agent-runner-secret-NAME, in lower case. These are names, never the keys themselves."
  }
}

variable "secret_recovery_days" {
  description = "How long deleted secrets can be brought back: 7 to 30, or 0 for not at all. As long as they can, an installation of the same name cannot be made again."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "secret_recovery_days: Secrets Manager takes 0, or 7 to 30."
  }
}
