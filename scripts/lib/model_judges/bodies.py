"""The types of the official SDKs judge what our client has sent to the simulator."""

import typing

import pydantic
import typing_extensions
from anthropic.types import message_count_tokens_params, message_create_params
from asks import control
from openai.types.chat import completion_create_params


def forbid_more(kind, seen):
    """Lets no type that is reachable from here ignore fields that it does not know."""
    if id(kind) in seen:
        return
    seen.add(id(kind))
    if typing_extensions.is_typeddict(kind) and not hasattr(kind, "__pydantic_config__"):
        kind.__pydantic_config__ = pydantic.ConfigDict(extra="forbid")
    if typing_extensions.is_typeddict(kind):
        for field in typing_extensions.get_type_hints(kind, include_extras=True).values():
            forbid_more(field, seen)
    for part in typing.get_args(kind):
        forbid_more(part, seen)


def adapters(*kinds):
    seen = set()
    for kind in kinds:
        forbid_more(kind, seen)
    return [pydantic.TypeAdapter(kind) for kind in kinds]


def read_all(value):
    """Lists of these types are checked as they are read."""
    if isinstance(value, dict):
        return {name: read_all(inner) for name, inner in value.items()}
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        return value
    return [read_all(inner) for inner in value] if not isinstance(value, pydantic.BaseModel) else value


JUDGES = {
    "anthropic": adapters(
        message_create_params.MessageCreateParamsNonStreaming,
        message_create_params.MessageCreateParamsStreaming,
    ),
    "anthropic count_tokens": adapters(message_count_tokens_params.MessageCountTokensParams),
    "openai": adapters(
        completion_create_params.CompletionCreateParamsNonStreaming,
        completion_create_params.CompletionCreateParamsStreaming,
    ),
}


def judge(api, body):
    judges = JUDGES[api]
    adapter = judges[1] if body.get("stream") else judges[0]
    # The older version of the API takes them; this SDK speaks only the newer one.
    sampling = ("temperature", "top_p") if api == "anthropic" else ()
    read_all(adapter.validate_python({k: v for k, v in body.items() if k not in sampling}))


def is_judged(body):
    try:
        judge("anthropic", body)
    except pydantic.ValidationError:
        return True
    return False


good = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}
assert not is_judged(good), "the judge refuses what is right"
for wrong in ({"bogus": 1}, {"tools": [{"name": 1}]}, {"messages": [{"role": "robot", "content": "x"}]}):
    assert is_judged({**good, **wrong}), f"the judge is asleep: {wrong}"

requests = control("requests")
counts = {api: sum(r["api"] == api for r in requests) for api in JUDGES}
assert all(count >= 3 for count in counts.values()), f"too little was sent: {counts}"
for request in requests:
    judge(request["api"], request["body"])
print("ok  bodies", counts)
