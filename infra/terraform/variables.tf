# The installation, and where it is.

variable "name" {
  description = "What the installation is called. The table and the cluster have that name; everything else begins with it."
  type        = string
  default     = "agent-runner"
  nullable    = false

  # The longest name that follows from it is that of the rule in events.tf: 64 characters are allowed, and 39 of them are not ours.
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,23}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name: \"${var.name}\" cannot be part of the name of a bucket and a role. Use 3 to 25 lower-case letters, digits and single hyphens, a letter first, no hyphen last."
  }

  validation {
    condition     = alltrue([for kept in ["aws", "ssm", "sg-", "xn--"] : !startswith(var.name, kept)])
    error_message = "name: AWS keeps names that begin with aws, ssm, sg- and xn-- for itself. Choose another than \"${var.name}\"."
  }

  validation {
    condition     = !can(regex("-(worker|high|normal|low|dead-letters|task-events)(-|$)", var.name))
    error_message = "name: \"${var.name}\" could be a part of another installation, whose families and queues are called NAME-worker-…, NAME-high and so on. Leave that word out."
  }
}

variable "region" {
  description = "The region. Where it is left out, the one that AWS_REGION or the AWS profile names."
  type        = string
  default     = null

  validation {
    condition     = var.region == null || can(regex("^[a-z]{2,3}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: a region is written as eu-west-1 is; a zone (eu-west-1a) is none. `aws ec2 describe-regions` lists them."
  }
}

variable "account_id" {
  description = "The account that it may be applied to; every other is refused. Left out, it is whose credentials are at hand."
  type        = string
  default     = null

  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: an account has 12 digits, in quotes and without hyphens. `aws sts get-caller-identity` shows yours."
  }
}

variable "tags" {
  description = "Tags for everything, beside `agent-runner = NAME`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = !contains(keys(var.tags), "agent-runner")
    error_message = "tags: the tag agent-runner says whose everything is, and is set by itself. Leave it out."
  }
}

variable "architecture" {
  description = "The processors of the orchestrator, and of jobs that do not say: arm64, which costs a fifth less, or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture: \"${var.architecture}\" is none that Fargate has. Use arm64 or x86_64."
  }
}

variable "aws_endpoint_url" {
  description = "For emulators of AWS only: where tasks find it (AWS_ENDPOINT_URL)."
  type        = string
  default     = null

  validation {
    condition     = var.aws_endpoint_url == null || can(regex("^https?://[^/]+$", var.aws_endpoint_url))
    error_message = "aws_endpoint_url: a URL without a path is wanted, such as http://127.0.0.1:4566. Leave it out on AWS."
  }
}
