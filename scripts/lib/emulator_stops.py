"""ECS tasks that are told to stop. On AWS such a task runs on until its containers are gone, and nobody waits for that.

The emulator says that it has stopped before it has told its containers, and answers when they are gone.
"""

import json
import threading
from collections.abc import Callable

SERVICE = "AmazonEC2ContainerServiceV20141113."
# What is not known before the end.
AT_THE_END = ("stoppedAt", "executionStoppedAt")

stopping: set[str] = set()

# Asks the emulator: an operation and what it is asked, as JSON; the status and the answer, as JSON.
Ask = Callable[[str, dict], tuple[int, dict]]


def as_stopping(task: dict) -> dict:
    containers = [
        {key: value for key, value in container.items() if key != "exitCode"} | {"lastStatus": "RUNNING"}
        for container in task["containers"]
    ]
    known = {key: value for key, value in task.items() if key not in AT_THE_END}
    return known | {"lastStatus": "RUNNING", "desiredStatus": "STOPPED", "containers": containers}


def stop(asked: dict, ask: Ask) -> tuple[int, dict]:
    looked_at = {"cluster": asked.get("cluster"), "tasks": [asked["task"]]}
    status, said = ask("DescribeTasks", looked_at)
    running = [task for task in said.get("tasks", []) if task["lastStatus"] != "STOPPED"]
    if status != 200 or not running:
        return ask("StopTask", asked)
    task = running[0]
    arn = task["taskArn"]
    if arn not in stopping:
        stopping.add(arn)
        threading.Thread(target=stop_and_wait, args=(arn, asked, ask), daemon=True).start()
    return 200, {"task": as_stopping(task)}


def stop_and_wait(arn: str, asked: dict, ask: Ask) -> None:
    try:
        ask("StopTask", asked)
    finally:
        stopping.discard(arn)


def describe(asked: dict, ask: Ask) -> tuple[int, dict]:
    status, said = ask("DescribeTasks", asked)
    tasks = [as_stopping(task) if task["taskArn"] in stopping else task for task in said.get("tasks", [])]
    return status, said | {"tasks": tasks} if status == 200 else said


MENDED = {"StopTask": stop, "DescribeTasks": describe}


def mended(target: str, body: bytes, ask: Ask) -> tuple[int, dict] | None:
    """The answer, if that is a call of which the emulator's own would be wrong."""
    operation = MENDED.get(target.removeprefix(SERVICE)) if target.startswith(SERVICE) else None
    return operation(json.loads(body), ask) if operation else None
