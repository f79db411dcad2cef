# A family of task definitions for each size and architecture. Orchestrators name the family, so its newest revision starts.

locals {
  families = merge([for architecture in local.architectures : {
    for size, machine in var.worker_sizes : "${size}-${architecture}" => {
      architecture = architecture
      cpu          = machine.cpu
      memory       = machine.memory
    }
  }]...)

  worker_environment = merge(var.worker_environment, local.environment)
}

resource "aws_ecs_task_definition" "worker" {
  for_each = local.families

  family                   = "${var.name}-worker-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  task_role_arn            = aws_iam_role.this["worker"].arn
  execution_role_arn       = aws_iam_role.this["execution"].arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(each.value.architecture)
  }

  dynamic "ephemeral_storage" {
    for_each = var.worker_disk_gib[*]
    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  # Where jobs work. The image says that everybody may write there.
  volume {
    name = "tmp"
  }

  container_definitions = jsonencode([{
    name                   = "worker"
    image                  = local.images.worker
    essential              = true
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    # As long as Spot gives a task to keep what it has done.
    stopTimeout      = 120
    environment      = [for name, value in local.worker_environment : { name = name, value = value }]
    mountPoints      = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    logConfiguration = local.log_configurations.worker
    linuxParameters  = { initProcessEnabled = true, capabilities = { drop = ["ALL"], add = [] } }
    portMappings     = []
    systemControls   = []
    volumesFrom      = []
  }])

  # A launch in the middle of an apply finds the old revision or the new one, never none.
  lifecycle {
    create_before_destroy = true
  }
}
