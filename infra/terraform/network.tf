# Public subnets, because a NAT gateway costs more a month than everything else together while nothing runs.
# Nobody comes in: no security group has a rule for it.

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:flow logs are paid by volume, and nothing can come in; who wants them adds them to the VPC of output vpc
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }

  lifecycle {
    precondition {
      condition     = length(local.zones_with_fargate) >= var.availability_zone_count
      error_message = "availability_zone_count: the region ${data.aws_region.this.name} has ${length(local.zones_with_fargate)} zones with Fargate (${join(", ", local.zones_with_fargate)}), not ${var.availability_zone_count}. Set availability_zone_count to ${length(local.zones_with_fargate)} or less, or choose another region."
    }
  }
}

# Every VPC has this group whether it is wanted or not. Without rules it lets nothing through.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "public" {
  for_each = { for zone in local.zones : zone => cidrsubnet(var.vpc_cidr, 4, local.zone_numbers[zone]) }

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

# These two kinds of endpoint cost nothing, and keep what jobs read and write off the internet.
resource "aws_vpc_endpoint" "gateway" {
  for_each = toset(["s3", "dynamodb"])

  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.public.id]

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_security_group" "orchestrator" {
  name        = "${var.name}-orchestrator"
  description = "Orchestrators of ${var.name}"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-orchestrator" }
}

resource "aws_security_group" "worker" {
  #checkov:skip=CKV2_AWS_5:orchestrators start workers in it by RunTask, which Terraform does not see
  name        = "${var.name}-worker"
  description = "Workers of ${var.name}"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-worker" }
}

# Orchestrators call back, and jobs ask whom they like.
resource "aws_vpc_security_group_egress_rule" "everywhere" {
  for_each = { orchestrator = aws_security_group.orchestrator.id, worker = aws_security_group.worker.id }

  security_group_id = each.value
  description       = "AWS, models, and whom jobs and callbacks name"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}
