# For tests only: what the emulator needs to be told, and what it forgets of what it was told. Copied beside the root module
# by scripts/lib/terraform.sh.

provider "aws" {
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  s3_use_path_style           = true

  # It keeps no tags of rules of security groups. The test looks at those of other things.
  ignore_tags {
    keys = ["agent-runner"]
  }
}

# Its us-east-1 has no more than three zones, and this is one of them. Where a test has more it is left out.
locals {
  zone_ids_without_fargate = setsubtract(
    flatten(values(local.zones_without_fargate)),
    length(data.aws_availability_zones.this.names) > 3 ? [] : ["use1-az3"],
  )
}

resource "aws_vpc_security_group_egress_rule" "everywhere" {
  lifecycle {
    ignore_changes = [description]
  }
}

# Who does not ask for its account takes groups of its own for those of another.
resource "aws_vpc_security_group_egress_rule" "vpc_link_to_orchestrator" {
  lifecycle {
    ignore_changes = [description, referenced_security_group_id]
  }
}

resource "aws_vpc_security_group_ingress_rule" "orchestrator_from_vpc_link" {
  lifecycle {
    ignore_changes = [description, referenced_security_group_id]
  }
}

# It shows no rebalancing, and does not change where a service is registered.
resource "aws_ecs_service" "orchestrator" {
  lifecycle {
    ignore_changes = [availability_zone_rebalancing, service_registries]
  }
}
