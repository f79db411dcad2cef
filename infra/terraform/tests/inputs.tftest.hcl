# What cannot be meant is refused before anything is made, and the message says what to do. No account is needed: the
# provider is a stand-in.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "what_is_chosen_when_nothing_is_said" {
  command = plan

  assert {
    condition     = length(output.worker_families) == 5 && output.bucket == "agent-runner-123456789012-eu-west-1"
    error_message = "Five sizes for one architecture, and a bucket that nobody else has."
  }
  assert {
    condition     = length(aws_subnet.public) == 3 && length(aws_vpc_endpoint.gateway) == 2
    error_message = "Three zones, and the two endpoints that cost nothing."
  }
  assert {
    condition     = aws_ecs_service.orchestrator.enable_execute_command && output.api_url == null
    error_message = "ECS Exec is the only way in."
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.orchestrator_from_vpc_link) == 0
    error_message = "Nobody comes in from the network."
  }
  assert {
    condition     = aws_ecs_service.orchestrator.desired_count == 0
    error_message = "Before there is an image no orchestrator is to run."
  }
}

run "all_that_can_be_chosen" {
  command = plan
  variables {
    name                     = "jobs-2"
    region                   = "eu-west-1"
    account_id               = "123456789012"
    tags                     = { team = "research" }
    architecture             = "x86_64"
    architectures            = ["arm64", "x86_64"]
    vpc_cidr                 = "172.16.0.0/20"
    availability_zone_count  = 2
    orchestrator_count       = 2
    orchestrator_cpu         = 1024
    orchestrator_memory      = 3072
    orchestrator_spot        = true
    orchestrator_environment = { RUST_LOG = "debug" }
    worker_disk_gib          = 100
    worker_environment       = { CLAUDE_MODEL = "claude-sonnet-5-5" }
    spot                     = true
    max_running              = 50
    bucket_name              = "jobs-2-of-ours"
    result_retention_days    = null
    secrets                  = ["openai-api-key", "agent-runner-secret-weather"]
    secret_recovery_days     = 7
    deletion_protection      = true
    force_destroy_bucket     = true
    container_insights       = true
  }

  assert {
    condition     = length(output.worker_families) == 10 && length(aws_subnet.public) == 2
    error_message = "Five sizes for each architecture, two zones."
  }
  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "Who protects the table wants to keep the bucket too."
  }
  assert {
    condition     = output.secrets["openai-api-key"] == "jobs-2/openai-api-key"
    error_message = "Secrets begin with the name."
  }
}

run "a_name_that_is_no_part_of_a_bucket" {
  command = plan
  variables {
    name = "Agent_Runner"
  }
  expect_failures = [var.name]
}

run "the_longest_name" {
  command = plan
  variables {
    name = "a-name-of-just-25-letters"
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.task_events.name_prefix) + 26 <= 64
    error_message = "Terraform puts 26 characters behind the prefix of the rule's name, which may have 64."
  }
}

run "a_name_that_is_too_long" {
  command = plan
  variables {
    name = "a-name-with-26-letters-now"
  }
  expect_failures = [var.name]
}

run "a_name_that_aws_keeps_for_itself" {
  command = plan
  variables {
    name = "sg-jobs"
  }
  expect_failures = [var.name]
}

run "a_name_that_parameters_cannot_begin_with" {
  command = plan
  variables {
    name = "awsome-jobs"
  }
  expect_failures = [var.name]
}

run "a_name_that_begins_like_parameters_of_aws" {
  command = plan
  variables {
    name = "ssm"
  }
  expect_failures = [var.name]
}

run "a_name_that_is_a_part_of_another_installation" {
  command = plan
  variables {
    name = "agent-runner-worker-2"
  }
  expect_failures = [var.name]
}

run "a_zone_where_a_region_is_wanted" {
  command = plan
  variables {
    region = "eu-west-1a"
  }
  expect_failures = [var.region]
}

run "an_account_that_lost_its_zeros" {
  command = plan
  variables {
    account_id = "12345678"
  }
  expect_failures = [var.account_id]
}

run "a_tag_that_says_whose_everything_is" {
  command = plan
  variables {
    tags = { agent-runner = "mine" }
  }
  expect_failures = [var.tags]
}

run "a_region_without_the_zones" {
  command = plan
  variables {
    availability_zone_count = 4
  }
  expect_failures = [aws_vpc.this]
}

run "a_zone_without_fargate_among_others" {
  command = plan
  override_data {
    target = data.aws_availability_zones.this
    values = {
      names    = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]
      zone_ids = ["use1-az6", "use1-az3", "use1-az1", "use1-az2"]
    }
  }

  assert {
    condition = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block } == {
      us-east-1a = "10.42.0.0/20"
      us-east-1c = "10.42.32.0/20"
      us-east-1d = "10.42.48.0/20"
    }
    error_message = "No task starts in b, and what comes after it keeps its addresses."
  }
  assert {
    condition     = alltrue([for zone, subnet in aws_subnet.public : subnet.availability_zone == zone])
    error_message = "Each subnet lies in its zone."
  }
}

# As if one region had them all.
run "all_zones_without_fargate" {
  command = plan
  variables {
    availability_zone_count = 1
  }
  override_data {
    target = data.aws_availability_zones.this
    values = {
      names    = ["a", "b", "c", "d", "e", "f"]
      zone_ids = ["use1-az3", "usw1-az2", "apne1-az3", "cnn1-az3", "cnn1-az4", "use1-az1"]
    }
  }

  assert {
    condition     = keys(aws_subnet.public) == ["f"] && aws_subnet.public["f"].cidr_block == "10.42.80.0/20"
    error_message = "Tasks start in the only zone that has all of Fargate."
  }
}

run "a_region_with_too_few_zones_with_fargate" {
  command = plan
  variables {
    availability_zone_count = 2
  }
  override_data {
    target = data.aws_availability_zones.this
    values = {
      names    = ["us-west-1a", "us-west-1c"]
      zone_ids = ["usw1-az1", "usw1-az2"]
    }
  }
  expect_failures = [aws_vpc.this]
}

run "half_a_zone" {
  command = plan
  variables {
    availability_zone_count = 2.5
  }
  expect_failures = [var.availability_zone_count]
}

run "a_range_that_is_too_small" {
  command = plan
  variables {
    vpc_cidr = "10.0.0.0/24"
  }
  expect_failures = [var.vpc_cidr]
}

run "a_range_that_begins_elsewhere" {
  command = plan
  variables {
    vpc_cidr = "10.0.0.1/16"
  }
  expect_failures = [var.vpc_cidr]
}

run "an_architecture_that_is_none" {
  command = plan
  variables {
    architecture = "amd64"
  }
  expect_failures = [var.architecture]
}

run "architectures_without_the_one_that_is_used" {
  command = plan
  variables {
    architectures = ["x86_64"]
  }
  expect_failures = [var.architectures]
}

run "an_orchestrator_of_no_size" {
  command = plan
  variables {
    orchestrator_cpu = 300
  }
  expect_failures = [var.orchestrator_cpu]
}

run "an_orchestrator_with_too_much_memory" {
  command = plan
  variables {
    orchestrator_memory = 4096
  }
  expect_failures = [var.orchestrator_memory]
}

run "no_orchestrators" {
  command = plan
  variables {
    orchestrator_count = 0
  }
  expect_failures = [var.orchestrator_count]
}

run "images_by_tag" {
  command = plan
  variables {
    orchestrator_image = "agent-runner-orchestrator:latest"
    worker_image       = "agent-runner-worker:latest"
  }
  expect_failures = [var.orchestrator_image, var.worker_image]
}

run "a_size_that_fargate_lacks" {
  command = plan
  variables {
    worker_sizes = {
      small  = { cpu = 256, memory = 512 }
      medium = { cpu = 1024, memory = 2048 }
      large  = { cpu = 2048, memory = 8193 }
      xlarge = { cpu = 4096, memory = 16384 }
      huge   = { cpu = 16384, memory = 122880 }
    }
  }
  expect_failures = [var.worker_sizes]
}

run "a_size_that_orchestrators_do_not_know" {
  command = plan
  variables {
    worker_sizes = {
      tiny = { cpu = 256, memory = 512 }
    }
  }
  expect_failures = [var.worker_sizes]
}

run "a_size_smaller_than_orchestrators_take_it_for" {
  command = plan
  variables {
    worker_sizes = {
      small  = { cpu = 256, memory = 512 }
      medium = { cpu = 512, memory = 2048 }
      large  = { cpu = 2048, memory = 8192 }
      xlarge = { cpu = 4096, memory = 16384 }
      huge   = { cpu = 16384, memory = 122880 }
    }
  }
  expect_failures = [var.worker_sizes]
}

run "a_disk_that_costs_nothing_but_is_asked_for" {
  command = plan
  variables {
    worker_disk_gib = 20
  }
  expect_failures = [var.worker_disk_gib]
}

run "secrets_in_plain_sight" {
  command = plan
  variables {
    worker_environment       = { ANTHROPIC_API_KEY = "not-a-key" }
    orchestrator_environment = { GITHUB_TOKEN = "not-a-token" }
  }
  expect_failures = [var.worker_environment, var.orchestrator_environment]
}

run "variables_that_are_set_already" {
  command = plan
  variables {
    worker_environment       = { JOB_ID = "job_1" }
    orchestrator_environment = { AGENT_RUNNER_LISTEN = "0.0.0.0:80" }
  }
  expect_failures = [var.worker_environment, var.orchestrator_environment]
}

run "nothing_may_run" {
  command = plan
  variables {
    max_running = 0
  }
  expect_failures = [var.max_running]
}

run "results_that_go_before_they_are_read" {
  command = plan
  variables {
    result_retention_days = 1
  }
  expect_failures = [var.result_retention_days]
}

run "a_bucket_with_a_bad_name" {
  command = plan
  variables {
    bucket_name = "Results!"
  }
  expect_failures = [var.bucket_name]
}

run "a_secret_that_no_worker_could_read" {
  command = plan
  variables {
    secrets = ["OPENAI_API_KEY"]
  }
  expect_failures = [var.secrets]
}

run "a_recovery_that_secrets_manager_lacks" {
  command = plan
  variables {
    secret_recovery_days = 3
  }
  expect_failures = [var.secret_recovery_days]
}

run "an_endpoint_that_is_no_address" {
  command = plan
  variables {
    aws_endpoint_url = "localhost:4566"
  }
  expect_failures = [var.aws_endpoint_url]
}

run "names_that_are_taken" {
  command = plan
  override_data {
    target = data.aws_sqs_queues.before
    values = { queue_urls = ["https://sqs.eu-west-1.amazonaws.com/123456789012/agent-runner-high"] }
  }
  expect_failures = [terraform_data.unclaimed]
}

run "names_like_ours_that_are_others" {
  command = plan
  override_data {
    target = data.aws_sqs_queues.before
    values = { queue_urls = ["https://sqs.eu-west-1.amazonaws.com/123456789012/agent-runner-2-high"] }
  }
  override_data {
    target = data.aws_ecs_clusters.before
    values = { cluster_arns = ["arn:aws:ecs:eu-west-1:123456789012:cluster/agent-runner-2"] }
  }
}
