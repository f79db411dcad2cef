"""Keys of the roles of tasks, where every task on Fargate finds them: at http://169.254.170.2 and the path in its environment.

The emulator's own are of a role that is not there. These are of the task's, if its policy of trust lets ECS take it for that task, so that a
task may do what its role's policies allow and nothing else.
"""

import json
import time
import uuid

from ministack.core import iam_evaluator
from ministack.services import iam, imds, sts

SERVICE = "ecs-tasks.amazonaws.com"
SECONDS = 6 * 3600

# The role and the task, by path.
given: dict[str, tuple[str, str]] = {}


def address_of_keys(role: str, task: str) -> str:
    path = f"/v2/credentials/{uuid.uuid4()}"
    given[path] = (role, task)
    return path


def give_keys() -> None:
    metadata = imds.handle_request

    async def answer(method, path, headers, body, query):
        if path not in given:
            return await metadata(method, path, headers, body, query)
        role, task = given[path]
        keys = keys_of(role, task)
        if keys is None:
            return imds._json_resp({"code": "AccessDenied", "message": f"ECS may not take the role {role}"}, 400)
        return imds._json_resp(keys)

    imds.handle_request = answer


def keys_of(role_arn: str, task: str) -> dict | None:
    name, session = role_arn.rsplit("/", 1)[1], task.rsplit("/", 1)[1]
    role = iam._roles.get(name)
    if role is None or not ecs_may_take(role, task):
        return None
    keys = {
        "AccessKeyId": iam._gen_session_access_key(),
        "SecretAccessKey": iam._gen_secret(),
        "Token": iam._gen_session_token(),
        "Expiration": iam._future(SECONDS),
        "RoleArn": role_arn,
    }
    account = role_arn.split(":")[4]
    known = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "UserId": f"{role['RoleId']}:{session}",
        "SecretAccessKey": keys["SecretAccessKey"],
        "SessionToken": keys["Token"],
        "Expiration": time.time() + SECONDS,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(keys["AccessKeyId"], known)
    return keys


def ecs_may_take(role: dict, task: str) -> bool:
    _, _, _, region, account, _ = task.split(":", 5)
    # The emulator takes the account's root for its services.
    caller = f"arn:aws:iam::{account}:root"
    asked = iam_evaluator.EvalContext(
        principal_arn=caller,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role["Arn"],
        region=region,
        service_context={"aws:sourceaccount": account, "aws:sourcearn": task},
    )
    policy = json.loads(role["AssumeRolePolicyDocument"])
    for_ecs = [statement for statement in policy["Statement"] if concerns_ecs(statement)]
    return iam_evaluator.evaluate_trust_policy({"Statement": for_ecs}, caller, asked)


def concerns_ecs(statement: dict) -> bool:
    return statement["Effect"] == "Deny" or iam_evaluator._service_principal_matches(statement["Principal"], SERVICE)
