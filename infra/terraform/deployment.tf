# What scripts change between two applies, so that both agree: AWS remembers it, for all operators, and Terraform reads it
# without ever setting it back.

locals {
  none = "none"
}

# `true`: no orchestrators, so nothing new is started. Jobs that run go on.
resource "aws_ssm_parameter" "paused" {
  #checkov:skip=CKV2_AWS_34:whether the installation is paused is no secret
  name           = "/${var.name}/paused"
  description    = "true: no orchestrators of ${var.name} run"
  type           = "String"
  insecure_value = "false"

  lifecycle {
    ignore_changes = [insecure_value]
  }
}

# The images that were deployed last, by digest.
resource "aws_ssm_parameter" "image" {
  #checkov:skip=CKV2_AWS_34:the names of images are no secret
  for_each = toset(["orchestrator", "worker"])

  name           = "/${var.name}/images/${each.key}"
  description    = "What runs: an image by digest, or ${local.none}"
  type           = "String"
  insecure_value = local.none

  lifecycle {
    ignore_changes = [insecure_value]
  }
}

locals {
  paused = aws_ssm_parameter.paused.insecure_value == "true"

  deployed = { for program, parameter in aws_ssm_parameter.image : program => parameter.insecure_value }

  # An orchestrator whose image is not there would be tried again and again, so without one none runs.
  orchestrator_image = coalesce(var.orchestrator_image, local.deployed.orchestrator)
  orchestrators      = local.paused || local.orchestrator_image == local.none ? 0 : var.orchestrator_count

  worker_image = coalesce(var.worker_image, local.deployed.worker)

  images = {
    orchestrator = local.orchestrator_image == local.none ? "${aws_ecr_repository.this["orchestrator"].repository_url}:none" : local.orchestrator_image
    worker       = local.worker_image == local.none ? "${aws_ecr_repository.this["worker"].repository_url}:none" : local.worker_image
  }
}
