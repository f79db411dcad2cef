# The tasks that run one job each.

variable "worker_image" {
  description = "The workers' image, by digest. Left out, it is what was deployed last (see outputs deployed_images)."
  type        = string
  default     = null

  validation {
    condition     = var.worker_image == null || can(regex("^[^@[:space:]]+@sha256:[0-9a-f]{64}$", var.worker_image))
    error_message = "worker_image: name it by digest, REPOSITORY@sha256:… (64 hexadecimal digits), so that what runs is what was tested. `docker inspect --format '{{index .RepoDigests 0}}' IMAGE` prints it after a push."
  }
}

variable "architectures" {
  description = "The processors that there are families of workers for; the worker's image must have both if both are wanted. Left out, `architecture` alone."
  type        = set(string)
  default     = null

  validation {
    condition     = var.architectures == null || length(setsubtract(coalesce(var.architectures, []), ["arm64", "x86_64"])) == 0
    error_message = "architectures: Fargate has arm64 and x86_64."
  }

  validation {
    condition     = var.architectures == null || contains(coalesce(var.architectures, []), var.architecture)
    error_message = "architectures: jobs that do not say get ${var.architecture} (the variable architecture), so name it here too."
  }
}

variable "worker_sizes" {
  description = "The machines of workers: processor units (1024 are one virtual processor) and memory in MiB. The names are those that the program knows."
  type        = map(object({ cpu = number, memory = number }))
  nullable    = false
  # As in crates/aws/src/launcher/sizes.rs, which chooses among them.
  default = {
    small  = { cpu = 256, memory = 512 }
    medium = { cpu = 1024, memory = 2048 }
    large  = { cpu = 2048, memory = 8192 }
    xlarge = { cpu = 4096, memory = 16384 }
    huge   = { cpu = 16384, memory = 122880 }
  }

  validation {
    condition     = toset(keys(var.worker_sizes)) == toset(["small", "medium", "large", "xlarge", "huge"])
    error_message = "worker_sizes: orchestrators choose among small, medium, large, xlarge and huge. Give each of them, and no other."
  }

  validation {
    condition     = alltrue([for size in values(var.worker_sizes) : contains(lookup(local.fargate_memory, tostring(size.cpu), []), size.memory)])
    error_message = "worker_sizes: ${join(" ", [for name, size in var.worker_sizes : "${name} asks for ${size.memory} MiB with ${size.cpu} units of processor. ${lookup(local.fargate_memory_words, tostring(size.cpu), "Fargate has tasks of ${join(", ", local.fargate_cpus)} units.")}" if !contains(lookup(local.fargate_memory, tostring(size.cpu), []), size.memory)])}"
  }

  validation {
    condition = alltrue([for name, least in local.least_sizes :
    try(var.worker_sizes[name].cpu >= least.cpu && var.worker_sizes[name].memory >= least.memory, true)])
    error_message = "worker_sizes: orchestrators send jobs to a size for what it has by default, so none may be smaller than that: ${join(", ", [for name, least in local.least_sizes : "${name} ${least.cpu}/${least.memory}"])}."
  }
}

variable "worker_disk_gib" {
  description = "Disk of each worker in GiB, from 21 to 200. Left out, the 20 that cost nothing."
  type        = number
  default     = null

  validation {
    condition     = var.worker_disk_gib == null || try(var.worker_disk_gib >= 21 && var.worker_disk_gib <= 200 && floor(var.worker_disk_gib) == var.worker_disk_gib, false)
    error_message = "worker_disk_gib: use a whole number from 21 to 200, or leave it out for the 20 GiB that every task has."
  }
}

variable "worker_environment" {
  description = "More variables for workers, such as CLAUDE_MODEL or ANTHROPIC_BASE_URL. Nothing secret."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.worker_environment) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", key))])
    error_message = "worker_environment: names of variables are letters, digits and _."
  }

  validation {
    condition     = alltrue([for key in keys(var.worker_environment) : !can(regex(local.secret_variable, key))])
    error_message = "worker_environment: ${join(", ", [for key in keys(var.worker_environment) : key if can(regex(local.secret_variable, key))])} would be readable by everybody who may describe tasks. Store it with scripts/set-secret; workers find it there."
  }

  validation {
    condition     = alltrue([for key in keys(var.worker_environment) : !contains(local.own_variables, key) && !startswith(key, "JOB_")])
    error_message = "worker_environment: ${join(", ", [for key in keys(var.worker_environment) : key if contains(local.own_variables, key) || startswith(key, "JOB_")])} is set by itself. Use the variable of this module that stands for it (variables*.tf)."
  }
}

variable "spot" {
  description = "Whether jobs that do not say run on Fargate Spot: up to 70 % cheaper, and sometimes interrupted, which costs time and no attempt."
  type        = bool
  default     = false
  nullable    = false
}

variable "max_running" {
  description = "How many workers run at once. Left out, as many as the account's quota of Fargate lets."
  type        = number
  default     = null

  validation {
    condition     = var.max_running == null || try(var.max_running >= 1 && floor(var.max_running) == var.max_running, false)
    error_message = "max_running: use a whole number from 1, or leave it out. To start no jobs for a while, pause the installation (scripts/pause)."
  }
}
