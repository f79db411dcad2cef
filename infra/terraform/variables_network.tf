# Where tasks run.

variable "vpc_cidr" {
  description = "The addresses of the VPC; each zone's subnet is a sixteenth of it. Each task takes an address."
  type        = string
  default     = "10.42.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 22, false)
    error_message = "vpc_cidr: \"${var.vpc_cidr}\" is no range from /16 (4,091 tasks in each zone) to /22 (59 tasks in each zone). Write it as 10.42.0.0/16."
  }

  validation {
    condition     = try(cidrhost(var.vpc_cidr, 0) == split("/", var.vpc_cidr)[0], false)
    error_message = "vpc_cidr: \"${var.vpc_cidr}\" does not begin where its range does. Clear the bits after the slash's number, as in 10.42.0.0/16."
  }
}

variable "availability_zone_count" {
  description = "In how many zones tasks start. More zones have room more often."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.availability_zone_count >= 1 && var.availability_zone_count <= 6 && floor(var.availability_zone_count) == var.availability_zone_count
    error_message = "availability_zone_count: use a whole number from 1 to 6."
  }
}
