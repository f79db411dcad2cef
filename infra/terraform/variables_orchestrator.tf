# The program that serves the API and starts workers.

variable "orchestrator_count" {
  description = "How many orchestrators run. One is enough; a second makes an API without gaps. None of them keeps anything."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.orchestrator_count >= 1 && var.orchestrator_count <= 10 && floor(var.orchestrator_count) == var.orchestrator_count
    error_message = "orchestrator_count: use a whole number from 1 to 10. To have none for a while, pause the installation (scripts/pause)."
  }
}

variable "orchestrator_image" {
  description = "The orchestrator's image, by digest. Left out, it is what was deployed last (see outputs deployed_images), and until then none runs."
  type        = string
  default     = null

  validation {
    condition     = var.orchestrator_image == null || can(regex("^[^@[:space:]]+@sha256:[0-9a-f]{64}$", var.orchestrator_image))
    error_message = "orchestrator_image: name it by digest, REPOSITORY@sha256:… (64 hexadecimal digits), so that what runs is what was tested. `docker inspect --format '{{index .RepoDigests 0}}' IMAGE` prints it after a push."
  }
}

variable "orchestrator_cpu" {
  description = "Processor units of the orchestrator's task: 1024 are one virtual processor."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = contains(keys(local.fargate_memory), tostring(var.orchestrator_cpu))
    error_message = "orchestrator_cpu: Fargate has tasks of ${join(", ", local.fargate_cpus)} units."
  }
}

variable "orchestrator_memory" {
  description = "Memory of the orchestrator's task, in MiB."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = contains(lookup(local.fargate_memory, tostring(var.orchestrator_cpu), [var.orchestrator_memory]), var.orchestrator_memory)
    error_message = "orchestrator_memory: ${var.orchestrator_memory} MiB does not go with ${var.orchestrator_cpu} units of processor. ${lookup(local.fargate_memory_words, tostring(var.orchestrator_cpu), "")}"
  }
}

variable "orchestrator_spot" {
  description = "Whether the orchestrator runs on Fargate Spot: up to 70 % cheaper; when it is taken away, another is started and jobs go on."
  type        = bool
  default     = false
  nullable    = false
}

variable "orchestrator_read_only" {
  description = "Whether the orchestrator's file system is read-only but for the folders of ECS Exec. AWS does not promise that its agent starts then: if `aws ecs describe-tasks` shows ExecuteCommandAgent as STOPPED, use false."
  type        = bool
  default     = true
  nullable    = false
}

variable "orchestrator_environment" {
  description = "More variables for the orchestrator, such as RUST_LOG. Nothing secret."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.orchestrator_environment) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", key))])
    error_message = "orchestrator_environment: names of variables are letters, digits and _."
  }

  validation {
    condition     = alltrue([for key in keys(var.orchestrator_environment) : !can(regex(local.secret_variable, key))])
    error_message = "orchestrator_environment: ${join(", ", [for key in keys(var.orchestrator_environment) : key if can(regex(local.secret_variable, key))])} would be readable by everybody who may describe tasks. Store it with scripts/set-secret."
  }

  validation {
    condition     = alltrue([for key in keys(var.orchestrator_environment) : !contains(local.own_variables, key)])
    error_message = "orchestrator_environment: ${join(", ", [for key in keys(var.orchestrator_environment) : key if contains(local.own_variables, key)])} is set by itself. Use the variable of this module that stands for it (variables*.tf)."
  }
}

variable "container_insights" {
  description = "Whether CloudWatch measures each task of the cluster, for about $0.35 a month and measure."
  type        = bool
  default     = false
  nullable    = false
}
