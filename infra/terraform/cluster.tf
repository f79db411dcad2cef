resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_223:recording what goes through ECS Exec needs programs that the images do not have; CloudTrail has who entered
  #checkov:skip=CKV_AWS_65:Container Insights costs more than the rest while nothing runs; var.container_insights switches it on
  name = var.name

  setting {
    name  = "containerInsights"
    value = var.container_insights ? "enabled" : "disabled"
  }

  # What goes through ECS Exec is not recorded: that would need programs that the images do not have.
  configuration {
    execute_command_configuration {
      logging = "NONE"
    }
  }

  depends_on = [terraform_data.unclaimed]
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}
