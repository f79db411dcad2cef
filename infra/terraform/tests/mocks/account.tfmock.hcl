# What the stand-in of the provider knows of an account that has nothing yet.

mock_data "aws_availability_zones" {
  defaults = {
    names    = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    zone_ids = ["euw1-az2", "euw1-az3", "euw1-az1"]
  }
}

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_dynamodb_tables" {
  defaults = { names = [] }
}

mock_data "aws_ecs_clusters" {
  defaults = { cluster_arns = [] }
}

mock_data "aws_iam_policy_document" {
  defaults = { json = "{\"Version\": \"2012-10-17\", \"Statement\": []}" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_region" {
  defaults = { name = "eu-west-1" }
}

mock_data "aws_sqs_queues" {
  defaults = { queue_urls = [] }
}
