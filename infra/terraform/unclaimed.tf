# AWS answers "made" to whoever makes a queue or a cluster that is there already. Terraform would take it for its own, and
# destroy it one day. So everything of this kind waits for a look at what was there at first. Whatever else is there already
# is refused by AWS itself, but for alarms and the dashboard, which the provider cannot look for: scripts/deploy does.

data "aws_dynamodb_tables" "before" {}

data "aws_sqs_queues" "before" {
  queue_name_prefix = "${var.name}-"
}

data "aws_ecs_clusters" "before" {}

locals {
  own_queues = [for queue in concat(local.bands, ["dead-letters", "task-events"]) : "${var.name}-${queue}"]
  taken = concat(
    [for table in coalesce(data.aws_dynamodb_tables.before.names, []) : "the table ${table}" if table == var.name],
    [for url in coalesce(data.aws_sqs_queues.before.queue_urls, []) : "the queue ${basename(url)}" if contains(local.own_queues, basename(url))],
    [for arn in coalesce(data.aws_ecs_clusters.before.cluster_arns, []) : "the cluster ${var.name}" if endswith(arn, ":cluster/${var.name}")],
  )
}

resource "terraform_data" "unclaimed" {
  input = local.taken

  lifecycle {
    # Later they are there because we made them.
    ignore_changes = [input]

    postcondition {
      condition     = length(coalesce(self.input, [])) == 0
      error_message = "name: in ${data.aws_region.this.name} there are already ${join(", ", coalesce(self.input, []))}, which this state did not make. Choose another name. If they are an installation whose state was lost, bring the state back, or import it whole: begin with `terraform import terraform_data.unclaimed anything`."
    }
  }
}
