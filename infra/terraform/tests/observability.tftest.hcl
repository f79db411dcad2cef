# The way in over the internet, and what an operator sees and hears of. No account is needed: the provider is a stand-in.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "by_default_nobody_comes_in" {
  command = plan

  assert {
    condition     = length(aws_apigatewayv2_api.this) == 0 && length(aws_vpc_security_group_ingress_rule.orchestrator_from_vpc_link) == 0
    error_message = "Without api_enabled there is neither an API nor a rule that lets anybody in."
  }
  assert {
    condition     = local.orchestrator_listen == "127.0.0.1:8000"
    error_message = "Orchestrators listen to their own task only."
  }
  assert {
    condition     = length(aws_budgets_budget.this) == 0 && length(aws_sns_topic_subscription.alarms) == 0
    error_message = "A budget and a subscription are made for who asks for them."
  }
}

run "an_api_that_orchestrators_guard" {
  command = plan
  variables {
    api_enabled = true
  }

  assert {
    condition     = toset([for route in aws_apigatewayv2_route.orchestrator : route.authorization_type]) == toset(["NONE"])
    error_message = "The orchestrator checks the keys by itself."
  }
  assert {
    condition     = toset(keys(aws_apigatewayv2_route.orchestrator)) == toset(["ANY /", "ANY /{proxy+}"])
    error_message = "The page at / and everything below it are handed on."
  }
  assert {
    condition     = local.orchestrator_listen == "0.0.0.0:8000"
    error_message = "The VPC link has to reach the orchestrator."
  }
  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.orchestrator_from_vpc_link[0].cidr_ipv4 == null
      && aws_vpc_security_group_ingress_rule.orchestrator_from_vpc_link[0].from_port == 8000
      && aws_vpc_security_group_ingress_rule.orchestrator_from_vpc_link[0].to_port == 8000
    )
    error_message = "Only the VPC link comes in, and only to the API."
  }
  assert {
    condition     = one(aws_service_discovery_service.orchestrator[0].dns_config[0].dns_records).type == "SRV"
    error_message = "API Gateway has to know the port."
  }
  assert {
    condition     = aws_apigatewayv2_integration.orchestrator[0].timeout_milliseconds == 30000
    error_message = "A poll of 25 seconds has to come through."
  }
  assert {
    condition     = !can(regex("(?i)authorization|header|querystring", aws_apigatewayv2_stage.this[0].access_log_settings[0].format))
    error_message = "Keys must not get into the log."
  }
}

run "an_api_for_those_whom_aws_knows" {
  command = plan
  variables {
    api_enabled       = true
    api_authorization = "iam"
  }
  assert {
    condition     = toset([for route in aws_apigatewayv2_route.orchestrator : route.authorization_type]) == toset(["AWS_IAM"])
    error_message = "Requests have to be signed."
  }
}

run "an_api_for_those_who_have_a_token" {
  command = plan
  variables {
    api_enabled       = true
    api_authorization = "jwt"
    api_jwt_issuer    = "https://issuer.example"
    api_jwt_audience  = ["agent-runner"]
  }
  assert {
    condition     = aws_apigatewayv2_authorizer.jwt[0].jwt_configuration[0].issuer == "https://issuer.example"
    error_message = "Tokens have to be the issuer's."
  }
}

run "another_lock_than_there_is" {
  command = plan
  variables {
    api_authorization = "password"
  }
  expect_failures = [var.api_authorization]
}

run "tokens_of_nobody" {
  command = plan
  variables {
    api_authorization = "jwt"
  }
  expect_failures = [var.api_jwt_issuer, var.api_jwt_audience]
}

run "an_issuer_without_tls" {
  command = plan
  variables {
    api_jwt_issuer = "http://issuer.example"
  }
  expect_failures = [var.api_jwt_issuer]
}

run "an_api_that_takes_nothing" {
  command = plan
  variables {
    api_throttle_rate  = 0
    api_throttle_burst = 0
  }
  expect_failures = [var.api_throttle_rate, var.api_throttle_burst]
}

run "what_is_counted_shown_and_told" {
  command = plan
  variables {
    alarm_email        = "operator@example.com"
    monthly_budget_usd = 30
    budget_by_tag      = true
  }

  assert {
    condition     = length(aws_cloudwatch_log_metric_filter.this) == 2 * length(jsondecode(file("metric-filters.json")))
    error_message = "Both programs' lines are counted."
  }
  assert {
    condition     = toset(keys(output.alarms)) == toset(["queue-age", "dead-letters", "failed-jobs", "launch-failures", "model-spend", "orchestrators"])
    error_message = "There is an alarm for each kind of trouble."
  }
  assert {
    condition     = !aws_cloudwatch_metric_alarm.orchestrators.actions_enabled
    error_message = "As long as none shall run, none is missed."
  }
  assert {
    condition     = one(one(aws_budgets_budget.this[0].cost_filter).values) == "user:agent-runner$agent-runner"
    error_message = "The budget is that of what has our tag."
  }
  assert {
    condition     = aws_sns_topic_subscription.alarms[0].endpoint == "operator@example.com"
    error_message = "Somebody hears of it."
  }
}

run "nobody_to_tell" {
  command = plan
  variables {
    alarm_email = "operator"
  }
  expect_failures = [var.alarm_email]
}

run "thresholds_that_make_no_sense" {
  command = plan
  variables {
    alarm_queue_age_seconds  = 5
    alarm_failed_percent     = 100
    alarm_launch_failures    = 1.5
    alarm_spend_usd_per_hour = 0
    monthly_budget_usd       = 0
    log_retention_days       = 45
  }
  expect_failures = [
    var.alarm_queue_age_seconds, var.alarm_failed_percent, var.alarm_launch_failures,
    var.alarm_spend_usd_per_hour, var.monthly_budget_usd, var.log_retention_days,
  ]
}
