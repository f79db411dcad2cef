"""Prints everything there is in an account, a line for each thing, in a fixed order.

Usage: inventory.py   (endpoint, region and credentials come from the environment)

Two of these lists, from before and after, show what was made, what was left and what was taken.
"""

import boto3
from botocore.config import Config

LISTS = [
    # service, call, where the list is, what names a thing
    ("apigatewayv2", "get_apis", "Items", "Name"),
    ("apigatewayv2", "get_vpc_links", "Items", "Name"),
    ("budgets", "describe_budgets", "Budgets", "BudgetName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("dynamodb", "list_tables", "TableNames", None),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ecr", "describe_repositories", "repositories", "repositoryName"),
    ("ecs", "list_clusters", "clusterArns", None),
    ("ecs", "list_task_definitions", "taskDefinitionArns", None),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_policies", "Policies", "Arn"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("iam", "list_users", "Users", "UserName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("servicediscovery", "list_namespaces", "Namespaces", "Name"),
    ("servicediscovery", "list_services", "Services", "Name"),
    ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sqs", "list_queues", "QueueUrls", None),
    ("ssm", "describe_parameters", "Parameters", "Name"),
]

# Some lists are cut short unless one asks for what is its own.
ARGUMENTS = {
    "describe_budgets": {"AccountId": "000000000000"},
    "list_policies": {"Scope": "Local"},
}


def things(service, call, key, name):
    client = boto3.client(service, config=Config(retries={"total_max_attempts": 2}))
    arguments = ARGUMENTS.get(call, {})
    if client.can_paginate(call):
        pages = client.get_paginator(call).paginate(**arguments)
    else:
        pages = [getattr(client, call)(**arguments)]
    for page in pages:
        for thing in page.get(key, []):
            yield f"{service} {key} {thing if name is None else thing[name]}"


for line in sorted(line for each in LISTS for line in things(*each)):
    print(line)
