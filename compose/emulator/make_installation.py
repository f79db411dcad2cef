"""Makes, on an emulator of AWS, what infrastructure makes on AWS: table, queues, bucket, cluster, families, secrets.

Safe to repeat. The orchestrator looks at the table when it starts, and says so if it needs another.
"""

import os

import boto3
from botocore.exceptions import ClientError

SCHEMA = "1"
INDEXES = {
    "wake": ("wake_shard", "wake_at"),
    "by_tenant": ("by_tenant", "pk"),
    "by_status": ("by_status", "pk"),
    "by_type": ("by_type", "pk"),
}
NUMBERS = {"wake_at"}
SIZES = {
    "small": ("256", "512"),
    "medium": ("1024", "2048"),
    "large": ("2048", "8192"),
    "xlarge": ("4096", "16384"),
    "huge": ("16384", "122880"),
}
ARCHITECTURES = ("arm64", "x86_64")
BANDS = ("high", "normal", "low")
THERE_ALREADY = {"ResourceInUseException", "ResourceExistsException", "BucketAlreadyOwnedByYou"}

NAME = os.environ["AGENT_RUNNER_NAME"]
BUCKET = os.environ["AGENT_RUNNER_BUCKET"]
IMAGE = os.environ["AGENT_RUNNER_WORKER_IMAGE"]
REGION = os.environ["AWS_REGION"]


def client(service):
    return boto3.client(service, region_name=REGION)


def unless_there(make, **arguments):
    try:
        make(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in THERE_ALREADY:
            raise


def keys(hash_key, range_key):
    return [
        {"AttributeName": hash_key, "KeyType": "HASH"},
        {"AttributeName": range_key, "KeyType": "RANGE"},
    ]


def make_table():
    dynamodb = client("dynamodb")
    attributes = {"pk", "sk", *(key for pair in INDEXES.values() for key in pair)}
    unless_there(
        dynamodb.create_table,
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "N" if name in NUMBERS else "S"}
            for name in sorted(attributes)
        ],
        GlobalSecondaryIndexes=[
            {"IndexName": name, "KeySchema": keys(*pair), "Projection": {"ProjectionType": "KEYS_ONLY"}}
            for name, pair in INDEXES.items()
        ],
    )
    item = {"pk": {"S": "meta"}, "sk": {"S": "schema"}, "version": {"N": SCHEMA}}
    dynamodb.put_item(TableName=NAME, Item=item)


def make_queues():
    sqs = client("sqs")

    def make(name, **attributes):
        url = sqs.create_queue(QueueName=f"{NAME}-{name}")["QueueUrl"]
        if attributes:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
        return url

    dead = make("dead-letters")
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "100"}}'
    for band in BANDS:
        make(band, RedrivePolicy=redrive)
    make("task-events")


def make_families():
    ecs = client("ecs")
    ecs.create_cluster(clusterName=NAME)
    passed_on = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    environment = {name: os.environ[name] for name in passed_on if name in os.environ}
    environment |= {
        "AGENT_RUNNER_BACKEND": "aws",
        "AGENT_RUNNER_NAME": NAME,
        "AGENT_RUNNER_BUCKET": BUCKET,
    }
    for size, (cpu, memory) in SIZES.items():
        for architecture in ARCHITECTURES:
            ecs.register_task_definition(
                family=f"{NAME}-worker-{size}-{architecture}",
                cpu=cpu,
                memory=memory,
                # The emulator listens on this machine only.
                networkMode="host",
                containerDefinitions=[
                    {
                        "name": "worker",
                        "image": IMAGE,
                        "environment": [{"name": k, "value": v} for k, v in environment.items()],
                    }
                ],
            )


def make_secrets():
    secrets = client("secretsmanager")
    if key := os.environ.get("ANTHROPIC_API_KEY"):
        unless_there(secrets.create_secret, Name=f"{NAME}/anthropic-api-key", SecretString=key)


make_table()
make_queues()
unless_there(client("s3").create_bucket, Bucket=BUCKET)
make_families()
make_secrets()
print(f"The installation {NAME} is there, its jobs run in {IMAGE}")
