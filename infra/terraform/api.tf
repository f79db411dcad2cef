# The HTTP API in front of the orchestrators: API Gateway takes requests from the internet and hands them on inside the
# network, by a VPC link, to the orchestrators that service discovery knows. Costs nothing while nobody asks.

locals {
  api_authorization_types = { key = "NONE", iam = "AWS_IAM", jwt = "JWT" }
}

resource "aws_apigatewayv2_api" "this" {
  count         = var.api_enabled ? 1 : 0
  name          = var.name
  description   = "The API of the installation ${var.name}"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_vpc_link" "this" {
  count              = var.api_enabled ? 1 : 0
  name               = var.name
  security_group_ids = [aws_security_group.vpc_link[0].id]
  subnet_ids         = [for subnet in aws_subnet.public : subnet.id]
}

resource "aws_apigatewayv2_integration" "orchestrator" {
  count                = var.api_enabled ? 1 : 0
  api_id               = aws_apigatewayv2_api.this[0].id
  description          = "Any orchestrator"
  integration_type     = "HTTP_PROXY"
  integration_method   = "ANY"
  integration_uri      = aws_service_discovery_service.orchestrator[0].arn
  connection_type      = "VPC_LINK"
  connection_id        = aws_apigatewayv2_vpc_link.this[0].id
  timeout_milliseconds = 30000
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  count            = var.api_enabled && var.api_authorization == "jwt" ? 1 : 0
  api_id           = aws_apigatewayv2_api.this[0].id
  name             = "${var.name}-jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.api_jwt_issuer
    audience = var.api_jwt_audience
  }
}

resource "aws_apigatewayv2_route" "orchestrator" {
  #checkov:skip=CKV_AWS_309:with `key` the orchestrator itself checks the key of every request; `iam` and `jwt` are there to be chosen
  for_each           = var.api_enabled ? toset(["ANY /", "ANY /{proxy+}"]) : toset([])
  api_id             = aws_apigatewayv2_api.this[0].id
  route_key          = each.value
  target             = "integrations/${aws_apigatewayv2_integration.orchestrator[0].id}"
  authorization_type = local.api_authorization_types[var.api_authorization]
  authorizer_id      = one(aws_apigatewayv2_authorizer.jwt[*].id)
}

resource "aws_apigatewayv2_stage" "this" {
  count       = var.api_enabled ? 1 : 0
  api_id      = aws_apigatewayv2_api.this[0].id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.api_throttle_rate
    throttling_burst_limit = var.api_throttle_burst
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api[0].arn
    # Neither headers nor query strings: there may be keys in them.
    format = jsonencode({
      time           = "$context.requestTime"
      request_id     = "$context.requestId"
      ip             = "$context.identity.sourceIp"
      caller         = "$context.identity.caller"
      method         = "$context.httpMethod"
      path           = "$context.path"
      status         = "$context.status"
      latency_ms     = "$context.responseLatency"
      integration_ms = "$context.integrationLatency"
      response_bytes = "$context.responseLength"
      error          = "$context.error.message"
      integration    = "$context.integrationErrorMessage"
    })
  }
}

resource "aws_security_group" "vpc_link" {
  count       = var.api_enabled ? 1 : 0
  name        = "${var.name}-vpc-link"
  description = "Where requests of API Gateway come from"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "vpc_link_to_orchestrator" {
  count                        = var.api_enabled ? 1 : 0
  security_group_id            = aws_security_group.vpc_link[0].id
  description                  = "To the API of orchestrators"
  referenced_security_group_id = aws_security_group.orchestrator.id
  ip_protocol                  = "tcp"
  from_port                    = local.orchestrator_port
  to_port                      = local.orchestrator_port
}

resource "aws_vpc_security_group_ingress_rule" "orchestrator_from_vpc_link" {
  count                        = var.api_enabled ? 1 : 0
  security_group_id            = aws_security_group.orchestrator.id
  description                  = "From API Gateway, and from nowhere else"
  referenced_security_group_id = aws_security_group.vpc_link[0].id
  ip_protocol                  = "tcp"
  from_port                    = local.orchestrator_port
  to_port                      = local.orchestrator_port
}
