# The zones that tasks start in. AWS calls zones differently in each account, and only their ids mean the same to all.

locals {
  # Where Fargate lacks something. From "Supported Regions for Amazon ECS on AWS Fargate", which names the zones that have it,
  # and "Amazon ECS task definitions for 64-bit ARM workloads", both in the ECS Developer Guide; copies of it read in November 2026.
  # None depends on the architecture that is chosen, so that a change of it moves no subnet. The first two lack VPC links, too.
  zones_without_fargate = {
    us-east-1      = ["use1-az3"]             # x86 only
    us-west-1      = ["usw1-az2"]             # "usw1-az1 & usw1-az3 only"
    ap-northeast-1 = ["apne1-az3"]            # "apne1-az1, apne1-az2, & apne1-az4 only"
    cn-north-1     = ["cnn1-az3", "cnn1-az4"] # "cnn1-az1 & cnn1-az2 only"
  }

  zone_ids_without_fargate = flatten(values(local.zones_without_fargate))

  # All zones are counted, so that one that is left out moves the addresses of no other.
  zone_numbers = { for number, zone in data.aws_availability_zones.this.names : zone => number }

  zones_with_fargate = [for zone, number in local.zone_numbers : zone
  if !contains(local.zone_ids_without_fargate, data.aws_availability_zones.this.zone_ids[number])]

  zones = slice(local.zones_with_fargate, 0, min(var.availability_zone_count, length(local.zones_with_fargate)))
}

data "aws_availability_zones" "this" {
  #checkov:skip=CKV_AWS_394:only the first availability_zone_count zones by name are taken, so a new one changes nothing
  state = "available"

  # Zones of the region itself, without local zones, which Fargate does not have.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}
