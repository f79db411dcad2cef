locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.name

  # As crates/aws/src/names.rs has them.
  bands = ["high", "normal", "low"]

  bucket        = coalesce(var.bucket_name, "${var.name}-${local.account}-${local.region}")
  architectures = coalesce(var.architectures, [var.architecture])

  # What every program has to know of the installation.
  environment = merge(
    {
      AGENT_RUNNER_BACKEND = "aws"
      AGENT_RUNNER_NAME    = var.name
      AGENT_RUNNER_BUCKET  = local.bucket
      AWS_REGION           = local.region
    },
    var.aws_endpoint_url == null ? {} : { AWS_ENDPOINT_URL = var.aws_endpoint_url },
  )

  # Names that the module sets, so nobody else may.
  own_variables = concat(["AWS_REGION", "AWS_ENDPOINT_URL"], [for name in [
    "ARCHITECTURE", "ASSIGN_PUBLIC_IP", "BACKEND", "BUCKET", "LISTEN", "MAX_RUNNING", "NAME", "SECURITY_GROUPS", "SPOT", "SUBNETS",
  ] : "AGENT_RUNNER_${name}"])

  # Names that say that the value is a secret.
  secret_variable = "(?i)(_api_keys?|_key|_secret|_token|_password|passwd)$"
}

# Which memory, in MiB, goes with how many units of processor on Fargate.
locals {
  fargate_memory = {
    "256"   = [512, 1024, 2048]
    "512"   = range(1024, 4096 + 1, 1024)
    "1024"  = range(2048, 8192 + 1, 1024)
    "2048"  = range(4096, 16384 + 1, 1024)
    "4096"  = range(8192, 30720 + 1, 1024)
    "8192"  = range(16384, 61440 + 1, 4096)
    "16384" = range(32768, 122880 + 1, 8192)
  }
  fargate_cpus = [256, 512, 1024, 2048, 4096, 8192, 16384]

  fargate_memory_words = { for cpu, memory in local.fargate_memory :
  cpu => "With ${cpu} units Fargate has ${join(", ", memory)} MiB." }

  # As in crates/aws/src/launcher/sizes.rs.
  least_sizes = {
    small  = { cpu = 256, memory = 512 }
    medium = { cpu = 1024, memory = 2048 }
    large  = { cpu = 2048, memory = 8192 }
    xlarge = { cpu = 4096, memory = 16384 }
    huge   = { cpu = 16384, memory = 122880 }
  }
}
