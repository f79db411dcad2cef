"""Where the emulator differs from AWS in what every installation meets."""

from ministack import app
from ministack.services import apigateway, ecs, secretsmanager


def close() -> None:
    speak_tls()
    keep_secrets_empty()
    remember_registries()
    follow_links()


def speak_tls() -> None:
    """It has no TLS, which policies of queues and buckets demand."""
    origin = app.pin_request_origin
    app.pin_request_origin = lambda address, _: origin(address, True)


def keep_secrets_empty() -> None:
    """A secret that was made without a value has no version, where the emulator has one without a value."""
    version_at = secretsmanager._find_stage_version

    def with_value(secret, stage):
        name, version = version_at(secret, stage)
        if version and version.get("SecretString") is None and version.get("SecretBinary") is None:
            return None, None
        return name, version

    secretsmanager._find_stage_version = with_value


def remember_registries() -> None:
    """A service may get a registry after it was made, where the emulator takes only those it was made with."""
    update = ecs._ACTION_MAP["UpdateService"]

    def with_registries(asked):
        answer = update(asked)
        service = ecs._services.get(f"{ecs._resolve_cluster_name(asked.get('cluster'))}/{asked['service'].rsplit('/', 1)[-1]}")
        if service and "serviceRegistries" in asked:
            service["serviceRegistries"] = asked["serviceRegistries"]
        return answer

    ecs._ACTION_MAP["UpdateService"] = with_registries


def follow_links() -> None:
    """An integration behind a VPC link names a registry, where the emulator knows only addresses."""
    forward = apigateway._invoke_http_proxy

    async def through_link(integration, *request):
        registry = integration.get("integrationUri", "")
        if not registry.startswith("arn:"):
            return await forward(integration, *request)
        address = registered(registry)
        if address is None:
            return 503, {"Content-Type": "application/json"}, b'{"message": "Service Unavailable"}'
        return await forward(integration | {"integrationUri": f"http://{address}"}, *request)

    apigateway._invoke_http_proxy = through_link


def registered(registry: str) -> str | None:
    """Where a task of the service listens that writes itself down there."""
    for service in ecs._services.values():
        for entry in service.get("serviceRegistries") or []:
            for task in ecs._tasks.values():
                ours = task.get("group") == f"service:{service['serviceName']}" and task.get("lastStatus") == "RUNNING"
                if entry["registryArn"] == registry and ours:
                    return f"{ecs._task_ip(task)}:{entry['containerPort']}"
    return None
