# Where API Gateway finds the orchestrators that run: ECS writes down the address and port of each that runs, and
# takes them out when it stops it: after its container was unhealthy, for example.

resource "aws_service_discovery_private_dns_namespace" "this" {
  count       = var.api_enabled ? 1 : 0
  name        = "${var.name}.internal"
  description = "Parts of the installation ${var.name}"
  vpc         = aws_vpc.this.id
}

resource "aws_service_discovery_service" "orchestrator" {
  count         = var.api_enabled ? 1 : 0
  name          = "orchestrator"
  description   = "The orchestrators of the installation ${var.name}"
  namespace_id  = aws_service_discovery_private_dns_namespace.this[0].id
  force_destroy = true

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.this[0].id
    routing_policy = "MULTIVALUE"

    # API Gateway has to know the port as well, which ECS only registers with records of this type.
    dns_records {
      type = "SRV"
      ttl  = 10
    }
  }
}
