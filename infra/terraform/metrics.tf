# Metrics from the log. metric-filters.json says which line counts for what; a test of the programs reads it too
# (crates/aws/src/journal.rs). A metric costs something only in hours in which there is something to count.

locals {
  metric_namespace = "agent-runner/${var.name}"
  metric_filters   = jsondecode(file("${path.module}/metric-filters.json"))

  # Jobs are moved by both, and each change is told by the one who made it.
  metric_sources = {
    orchestrator = aws_cloudwatch_log_group.orchestrator.name
    worker       = aws_cloudwatch_log_group.worker.name
  }
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = { for pair in setproduct(keys(local.metric_sources), keys(local.metric_filters)) :
    "${pair[0]}-${pair[1]}" => { source = pair[0], metric = pair[1], filter = local.metric_filters[pair[1]] }
  }

  name           = each.value.metric
  log_group_name = local.metric_sources[each.value.source]
  pattern        = each.value.filter.pattern

  metric_transformation {
    namespace  = local.metric_namespace
    name       = each.value.metric
    value      = each.value.filter.value
    unit       = each.value.filter.unit
    dimensions = length(each.value.filter.dimensions) == 0 ? null : each.value.filter.dimensions
  }
}
