# What tasks may do: the policies of infra/policies, filled in. The AWS tests of the programs use the same files.

locals {
  # Roles are the account's, not the region's.
  role_names = { for role in keys(local.role_policies) : role => "${var.name}-${local.region}-${role}" }
  role_arns  = { for role, name in local.role_names : role => "arn:${local.partition}:iam::${local.account}:role/${name}" }

  policy_values = {
    partition      = local.partition
    region         = local.region
    account        = local.account
    name           = var.name
    bucket         = local.bucket
    worker_role    = local.role_arns.worker
    execution_role = local.role_arns.execution
  }

  # Whose the policies are. `exec` is what ECS Exec needs; workers cannot be entered.
  role_policies = {
    orchestrator = ["orchestrator", "exec"]
    worker       = ["worker"]
    execution    = ["execution"]
  }

  policies = { for policy in flatten(values(local.role_policies)) :
  policy => templatefile("${path.module}/../policies/${policy}.json", local.policy_values) }
}

data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    # Not for tasks of other accounts that name this role.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:ecs:${local.region}:${local.account}:*"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.role_policies

  name               = local.role_names[each.key]
  description        = "Tasks of ${var.name}: ${each.key}"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_iam_role_policy" "this" {
  for_each = merge([for role, policies in local.role_policies : { for policy in policies : policy => role }]...)

  name   = each.key
  role   = aws_iam_role.this[each.value].id
  policy = local.policies[each.key]
}
