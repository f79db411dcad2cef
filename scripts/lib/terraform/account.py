"""What a test of Terraform does to an account on the emulator, and asks of it.

Usage: account.py COMMAND [ARGUMENT]...

  others NAME               makes what belongs to somebody else: some of it is called almost as ours, or is in our way
  make-bucket NAME          makes a bucket
  fill-bucket NAME          puts something into it
  empty-bucket NAME         takes everything out of it
  delete-bucket NAME
  has-key BUCKET KEY        fails if the object is not there
  has-table NAME            fails if the table is not there
  pause OUTPUTS TRUE_FALSE  says what scripts/pause and scripts/resume say
  runs OUTPUTS COUNT        fails if another number of orchestrators is to run
  deploy OUTPUTS IMAGE      says that this image is deployed
  policies OUTPUTS FOLDER   compares the roles with the policies of FOLDER, filled in as the tests of the programs do it
  tags OUTPUTS              looks for our tag

OUTPUTS is a file with `terraform output -json`.
"""

import json
import sys
from pathlib import Path

import boto3


def others(name):
    ec2, sqs, s3 = boto3.client("ec2"), boto3.client("sqs"), boto3.client("s3")
    vpc = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    ec2.create_security_group(GroupName=f"{name}-worker", Description="somebody else's", VpcId=vpc)
    sqs.create_queue(QueueName=f"{name}-2-high")
    sqs.create_queue(QueueName=f"{name}-highest")
    s3.create_bucket(Bucket=f"{name}-2")
    s3.put_object(Bucket=f"{name}-2", Key="jobs/a", Body=b"theirs")
    boto3.client("ecs").create_cluster(clusterName=f"{name}-2")
    boto3.client("ecr").create_repository(repositoryName=f"{name}-2/worker")
    boto3.client("logs").create_log_group(logGroupName=f"/{name}-2/worker")
    boto3.client("secretsmanager").create_secret(Name=f"{name}/of-somebody-else", SecretString="theirs")
    boto3.client("ssm").put_parameter(Name=f"/{name}/of-somebody-else", Value="theirs", Type="String")
    boto3.client("iam").create_role(RoleName=f"{name}-worker", AssumeRolePolicyDocument='{"Statement": []}')
    boto3.client("sns").create_topic(Name=f"{name}-2-alarms")
    boto3.client("ecs").register_task_definition(
        family=f"{name}-2-worker-small-arm64", containerDefinitions=[{"name": "worker", "image": "theirs"}]
    )


def make_bucket(name):
    boto3.client("s3").create_bucket(Bucket=name)


def fill_bucket(name):
    boto3.client("s3").put_object(Bucket=name, Key="jobs/job_1/result.json", Body=b"{}")


def empty_bucket(name):
    s3 = boto3.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for found in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=found["Key"])


def delete_bucket(name):
    boto3.client("s3").delete_bucket(Bucket=name)


def has_key(bucket, key):
    boto3.client("s3").head_object(Bucket=bucket, Key=key)


def has_table(name):
    boto3.client("dynamodb").describe_table(TableName=name)


def read(outputs):
    return {name: output["value"] for name, output in json.loads(Path(outputs).read_text()).items()}


def pause(outputs, paused):
    own = read(outputs)
    boto3.client("ssm").put_parameter(Name=own["paused_parameter"], Value=paused, Type="String", Overwrite=True)


def runs(outputs, count):
    own = read(outputs)
    service = boto3.client("ecs").describe_services(cluster=own["cluster"], services=[own["service"]])["services"][0]
    assert service["desiredCount"] == int(count), f"{service['desiredCount']} orchestrators are to run, not {count}"


def deploy(outputs, image):
    own = read(outputs)
    for program, parameter in own["image_parameters"].items():
        value = f"{own['repositories'][program]}@{image}"
        boto3.client("ssm").put_parameter(Name=parameter, Value=value, Type="String", Overwrite=True)


def policies(outputs, folder):
    own, iam = read(outputs), boto3.client("iam")
    values = {
        "partition": "aws",
        "region": own["region"],
        "account": own["account_id"],
        "name": own["name"],
        "bucket": own["bucket"],
        "worker_role": own["roles"]["worker"],
        "execution_role": own["roles"]["execution"],
    }
    wanted = {"orchestrator": ["exec", "orchestrator"], "worker": ["worker"], "execution": ["execution"]}
    for role, names in wanted.items():
        role = own["roles"][role].split("/")[-1]
        found = sorted(iam.list_role_policies(RoleName=role)["PolicyNames"])
        assert found == names, f"{role} has the policies {found}, not {names}"
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        assert not attached, f"{role} may do more: {attached}"
        for name in names:
            made = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            assert made == filled(Path(folder, f"{name}.json").read_text(), values), f"{role} has another policy {name}: {made}"
            print(f"{role}: {name}, {len(made['Statement'])} statements")


def filled(policy, values):
    for name, value in values.items():
        policy = policy.replace(f"${{{name}}}", value)
    assert "${" not in policy, policy
    return json.loads(policy)


def tags(outputs):
    own = read(outputs)
    ours = {"agent-runner": own["name"]}
    vpc = boto3.client("ec2").describe_vpcs(VpcIds=[own["vpc"]])["Vpcs"][0]
    found = {tag["Key"]: tag["Value"] for tag in vpc["Tags"]}
    assert ours.items() <= found.items(), f"the VPC has the tags {found}"
    found = boto3.client("sqs").list_queue_tags(QueueUrl=own["queue_urls"]["high"]).get("Tags", {})
    assert ours.items() <= found.items(), f"the queue has the tags {found}"
    table = boto3.client("dynamodb").describe_table(TableName=own["table"])["Table"]["TableArn"]
    found = boto3.client("dynamodb").list_tags_of_resource(ResourceArn=table)["Tags"]
    found = {tag["Key"]: tag["Value"] for tag in found}
    assert ours.items() <= found.items(), f"the table has the tags {found}"


COMMANDS = {command.__name__.replace("_", "-"): command for command in (
    others, make_bucket, fill_bucket, empty_bucket, delete_bucket, has_key, has_table, pause, runs, deploy, policies, tags,
)}
COMMANDS[sys.argv[1]](*sys.argv[2:])
