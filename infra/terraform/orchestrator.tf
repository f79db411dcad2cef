# The service that serves the API and starts workers.

locals {
  orchestrator_port = 8000

  # Only who is inside the task, by ECS Exec, reaches 127.0.0.1, and needs no key there.
  orchestrator_listen = "${var.api_enabled ? "0.0.0.0" : "127.0.0.1"}:${local.orchestrator_port}"

  orchestrator_environment = merge(
    var.orchestrator_environment,
    local.environment,
    {
      AGENT_RUNNER_LISTEN           = local.orchestrator_listen
      AGENT_RUNNER_SUBNETS          = join(",", [for zone in local.zones : aws_subnet.public[zone].id])
      AGENT_RUNNER_SECURITY_GROUPS  = aws_security_group.worker.id
      AGENT_RUNNER_ASSIGN_PUBLIC_IP = "true"
      AGENT_RUNNER_ARCHITECTURE     = var.architecture
      AGENT_RUNNER_SPOT             = tostring(var.spot)
    },
    var.max_running == null ? {} : { AGENT_RUNNER_MAX_RUNNING = tostring(var.max_running) },
  )

  log_configurations = { for program, group in {
    orchestrator = aws_cloudwatch_log_group.orchestrator.name
    worker       = aws_cloudwatch_log_group.worker.name
    } : program => {
    logDriver = "awslogs"
    options = {
      "awslogs-group"         = group
      "awslogs-region"        = local.region
      "awslogs-stream-prefix" = program
    }
  } }

  # The agent of ECS Exec writes here, and everything else is read-only.
  exec_folders = { exec-agent = "/managed-agents", exec-state = "/var/lib/amazon", exec-log = "/var/log/amazon" }
}

resource "aws_ecs_task_definition" "orchestrator" {
  family                   = "${var.name}-orchestrator"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.orchestrator_cpu
  memory                   = var.orchestrator_memory
  task_role_arn            = aws_iam_role.this["orchestrator"].arn
  execution_role_arn       = aws_iam_role.this["execution"].arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(var.architecture)
  }

  dynamic "volume" {
    for_each = local.exec_folders
    content {
      name = volume.key
    }
  }

  container_definitions = jsonencode([{
    name                   = "orchestrator"
    image                  = local.images.orchestrator
    essential              = true
    user                   = "65532:65532"
    readonlyRootFilesystem = var.orchestrator_read_only
    # It hands back the messages that it holds.
    stopTimeout      = 60
    environment      = [for name, value in local.orchestrator_environment : { name = name, value = value }]
    mountPoints      = [for volume, folder in local.exec_folders : { sourceVolume = volume, containerPath = folder, readOnly = false }]
    logConfiguration = local.log_configurations.orchestrator
    linuxParameters  = { initProcessEnabled = true }
    portMappings     = [{ containerPort = local.orchestrator_port, hostPort = local.orchestrator_port, protocol = "tcp" }]
    systemControls   = []
    volumesFrom      = []

    healthCheck = {
      command     = ["CMD", "/agent-runner-orchestrator", "health"]
      interval    = 15
      timeout     = 5
      retries     = 3
      startPeriod = 60
    }
  }])

  # The service goes from the old revision to the new one, and for a while back, if the new one does not start.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_ecs_service" "orchestrator" {
  #checkov:skip=CKV_AWS_333:a public address without any rule that lets anybody in is what makes a NAT gateway unnecessary
  name                    = "${var.name}-orchestrator"
  cluster                 = aws_ecs_cluster.this.id
  task_definition         = aws_ecs_task_definition.orchestrator.arn
  desired_count           = local.orchestrators
  enable_execute_command  = true
  enable_ecs_managed_tags = true
  propagate_tags          = "SERVICE"

  # To and from Spot by new tasks, where otherwise the whole service would be made anew.
  force_new_deployment = true

  # The new ones serve before the old ones go: several at once are what they are made for.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  capacity_provider_strategy {
    capacity_provider = var.orchestrator_spot ? "FARGATE_SPOT" : "FARGATE"
    weight            = 1
  }

  network_configuration {
    subnets          = [for subnet in aws_subnet.public : subnet.id]
    security_groups  = [aws_security_group.orchestrator.id]
    assign_public_ip = true
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.orchestrator
    content {
      registry_arn   = service_registries.value.arn
      container_name = "orchestrator"
      container_port = local.orchestrator_port
    }
  }

  # A task that starts before it may do anything fails, and the deployment with it.
  depends_on = [
    aws_ecs_cluster_capacity_providers.this,
    aws_iam_role_policy.this,
    aws_route.internet,
    aws_route_table_association.public,
    aws_s3_bucket.this,
    aws_vpc_security_group_egress_rule.everywhere,
  ]
}
