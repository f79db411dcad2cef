"""Tasks as Fargate starts them.

By itself the emulator starts containers without most of what their task definitions say. Here a container has the user, the read-only root, the
volumes, the size, the check of health and the time to stop that its definition says, and that environment alone.
"""

import os

import roles
from docker.types import Mount
from ministack.services import ecs

# What the emulator adds to the environment. Tasks on Fargate find their keys in another way, and AWS without being told.
ADDED = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_ENDPOINT_URL")
NANOSECONDS = 1_000_000_000
SECONDS_TO_STOP = 30

# By the container's name.
seconds_to_stop: dict[str, int] = {}


def start_as_fargate() -> None:
    emulated, remove = ecs._build_run_kwargs, ecs._remove_docker_container

    def options(definition, task, env, ports, network, host_mode, task_id, arn, *rest):
        env = environment(definition, task, env, arn)
        given = emulated(definition, task, env, ports, network, host_mode, task_id, arn, *rest)
        seconds_to_stop[given["name"]] = definition.get("stopTimeout", SECONDS_TO_STOP)
        return given | as_defined(definition, task)

    def stop_and_remove(client, container):
        stop(client, container)
        remove(client, container)

    ecs._build_run_kwargs, ecs._remove_docker_container = options, stop_and_remove
    roles.give_keys()


def environment(definition: dict, task: dict, env: dict, arn: str) -> dict:
    own = {variable["name"]: variable["value"] for variable in definition.get("environment", [])}
    kept = {name: value for name, value in env.items() if name not in ADDED or name in own}
    kept |= {name: own[name] for name in ADDED if name in own}
    if role := task.get("taskRoleArn"):
        kept["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = roles.address_of_keys(role, arn)
    return kept


def as_defined(definition: dict, task: dict) -> dict:
    defined = {
        "user": definition.get("user"),
        "read_only": definition.get("readonlyRootFilesystem", False),
        "init": (definition.get("linuxParameters") or {}).get("initProcessEnabled", False),
        "mounts": [Mount(mount["containerPath"], None) for mount in definition.get("mountPoints", [])],
        "mem_limit": f"{task['memory']}m",
        # A machine for tests may have fewer processors than a task.
        "nano_cpus": min(int(task["cpu"]) * NANOSECONDS // 1024, os.cpu_count() * NANOSECONDS),
    }
    if check := definition.get("healthCheck"):
        times = {key: check[key] * NANOSECONDS for key in ("interval", "timeout") if key in check}
        defined["healthcheck"] = {"test": check["command"], "retries": check.get("retries", 3)} | times
    return defined


def stop(client, container) -> None:
    """SIGTERM, and SIGKILL only after the time that the definition gives."""
    try:
        found = client.containers.get(container) if isinstance(container, str) else container
        found.stop(timeout=seconds_to_stop.pop(found.name, SECONDS_TO_STOP))
    except Exception:  # Whoever is gone already needs no stop; the emulator takes the same view.
        pass
