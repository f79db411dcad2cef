# A module with a fault of each kind that lint.py knows; faults.txt has what it says. Never applied.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "nameless" {
  default = "x"
}

variable "unchecked" {
  description = "Any text."
  type        = string
}

variable "forgotten" {
  description = "Only looked at by itself."
  type        = number

  validation {
    condition     = var.forgotten > 0
    error_message = "Must be positive."
  }
}

locals {
  unread = 1
  place  = "${var.unchecked}"
  zone   = "eu-west-1a"
  owner  = "arn:aws:iam::123456789012:root"
}

data "aws_region" "here" {}

resource "aws_sqs_queue" "Loud" {
  #checkov:skip=CKV_AWS_27:later
  name = "${local.place}-${local.zone}-${var.nameless}"
  tags = map("owner", local.owner)
}

output "queue" {
  value = aws_sqs_queue.Loud.*.arn
}
