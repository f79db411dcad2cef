# All that scripts and people have to know. Scripts read `terraform output -json` and nothing else.

output "name" {
  description = "What the installation is called."
  value       = var.name
}

output "account_id" {
  description = "The account it is in."
  value       = local.account
}

output "region" {
  description = "The region it is in."
  value       = local.region
}

output "cluster" {
  description = "The ECS cluster of orchestrators and workers."
  value       = aws_ecs_cluster.this.name
}

output "service" {
  description = "The ECS service of the orchestrators."
  value       = aws_ecs_service.orchestrator.name
}

output "orchestrator_container" {
  description = "The container that `aws ecs execute-command` enters."
  value       = "orchestrator"
}

output "orchestrator_port" {
  description = "Where an orchestrator listens inside its task."
  value       = local.orchestrator_port
}

output "orchestrator_count" {
  description = "How many orchestrators run when the installation is not paused."
  value       = local.orchestrator_image == local.none ? 0 : var.orchestrator_count
}

output "paused_parameter" {
  description = "The SSM parameter that says whether the installation is paused: `true` or `false`. An apply heeds it and never changes it."
  value       = aws_ssm_parameter.paused.name
}

output "image_parameters" {
  description = "The SSM parameters of what was deployed last, by program: an image by digest, or `none`. An apply heeds them and never changes them."
  value       = { for program, parameter in aws_ssm_parameter.image : program => parameter.name }
}

output "deployed_images" {
  description = "What runs, by program: an image by digest, or `none`."
  value       = { orchestrator = local.orchestrator_image, worker = local.worker_image }
}

output "repositories" {
  description = "Where images are pushed to, by program. A tag can be pushed once."
  value       = { for program, repository in aws_ecr_repository.this : program => repository.repository_url }
}

output "architecture" {
  description = "The processors of the orchestrator, and of jobs that do not say."
  value       = var.architecture
}

output "architectures" {
  description = "The processors that there are workers for, and that the worker's image is needed for."
  value       = sort(tolist(local.architectures))
}

output "worker_families" {
  description = "The families of task definitions of workers."
  value       = sort([for family in aws_ecs_task_definition.worker : family.family])
}

output "table" {
  description = "The DynamoDB table."
  value       = aws_dynamodb_table.this.name
}

output "bucket" {
  description = "The bucket of large payloads, results and files."
  value       = aws_s3_bucket.this.bucket
}

output "queue_urls" {
  description = "The queues: high, normal, low, task-events and dead-letters."
  value       = { for key, queue in local.queues : key => queue.url }
}

output "secrets" {
  description = "The names of the secrets, by what comes after the slash. They are made empty."
  value       = { for key, secret in aws_secretsmanager_secret.this : key => secret.name }
}

output "log_groups" {
  description = "Where orchestrators and workers write, by program."
  value = {
    orchestrator = aws_cloudwatch_log_group.orchestrator.name
    worker       = aws_cloudwatch_log_group.worker.name
  }
}

output "roles" {
  description = "The ARNs of the roles of tasks: orchestrator, worker and execution."
  value       = { for role, made in aws_iam_role.this : role => made.arn }
}

output "policies" {
  description = "What the roles may do, by policy."
  value       = local.policies
}

output "vpc" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "subnets" {
  description = "Where tasks start, one in each zone."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]
}

output "security_groups" {
  description = "The security groups of orchestrators and workers, by program."
  value       = { orchestrator = aws_security_group.orchestrator.id, worker = aws_security_group.worker.id }
}
