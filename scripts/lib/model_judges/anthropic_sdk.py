"""Anthropic's own SDK asks the simulator, and takes no answer that its types do not allow."""

import anthropic
import pydantic
from anthropic.types import RawMessageStreamEvent
from asks import URL, WEATHER, control, refused, same

MODEL = "claude-sonnet-5-5"
client = anthropic.Anthropic(
    api_key="sk-sim", base_url=URL, max_retries=2, _strict_response_validation=True
)
events = pydantic.TypeAdapter(RawMessageStreamEvent)


def ask(prompt, **more):
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    return {"model": MODEL, "max_tokens": 2048, "messages": messages, **more}


def check_answers():
    message = client.messages.create(**ask("Hello"))
    same(message.stop_reason, "end_turn", "stop reason")
    assert message._request_id and message.usage.output_tokens > 0
    same(client.messages.create(**ask("Please refuse")).stop_reason, "refusal", "stop reason")
    short = client.messages.create(**ask("write 90 words", stop_sequences=["word word"]))
    same((short.stop_reason, short.stop_sequence), ("stop_sequence", "word word"), "stop")
    cached = ask("Hello, cache", cache_control={"type": "ephemeral", "ttl": "1h"})
    written = client.messages.create(**cached).usage.cache_creation.ephemeral_1h_input_tokens
    same(client.messages.create(**cached).usage.cache_read_input_tokens, written, "cache")


def check_streams():
    with client.messages.stream(**ask("Grüße 😀", thinking={"type": "adaptive"})) as stream:
        for _ in stream:
            pass
        final = stream.get_final_message()
    same([block.type for block in final.content], ["thinking", "text"], "blocks")
    assert "Grüße 😀" in final.content[1].text
    for event in client.messages.create(**ask("strict"), stream=True):
        events.validate_python(event.model_dump(), strict=False)
    back = [*ask("strict")["messages"], final.to_param(), {"role": "user", "content": "go on"}]
    client.messages.create(**ask(back))


def check_tools():
    tools = [
        {"name": name, "description": "Tells it.", "input_schema": WEATHER}
        for name in ("get_weather", "get_time")
    ]
    turns = ask("get_weather and get_time, city=Ulm")["messages"]
    with client.messages.stream(**ask(turns, tools=tools)) as stream:
        asks = stream.get_final_message()
    calls = [block for block in asks.content if block.type == "tool_use"]
    same([(c.name, c.input) for c in calls], [(n, {"city": "Ulm"}) for n in ("get_weather", "get_time")], "calls")
    results = [{"type": "tool_result", "tool_use_id": c.id, "content": "rain"} for c in calls]
    turns += [asks.to_param(), {"role": "user", "content": results}]
    same(client.messages.create(**ask(turns, tools=tools)).stop_reason, "end_turn", "stop reason")


def check_structured_output():
    class Plan(pydantic.BaseModel):
        questions: list[str]
        depth: int

    plan = client.messages.parse(**ask("plan"), output_format=Plan).parsed_output
    assert isinstance(plan, Plan) and plan.questions


def check_refusals():
    def with_(**more):
        return lambda: client.messages.create(**{**ask("Hello"), **more})

    refused(anthropic.NotFoundError, with_(model="claude-sonnet-4-20250514"), "claude-sonnet-4-20250514")
    error = refused(anthropic.BadRequestError, with_(max_tokens=0), "max_tokens")
    assert error.request_id and error.type == "invalid_request_error"
    refused(anthropic.BadRequestError, with_(extra_body={"bogus": 1}), "bogus: Extra inputs")
    refused(anthropic.BadRequestError, with_(extra_body={"temperature": 1.0}), "temperature")
    with_(extra_body={"temperature": 1.0}, extra_headers={"anthropic-version": "2023-06-01"})()
    two = [{"name": "a", "input_schema": WEATHER}] * 2
    refused(anthropic.BadRequestError, with_(tools=two), "unique")
    refused(anthropic.BadRequestError, with_(messages=[]), "at least one message")
    stranger = client.with_options(api_key="wrong")
    refused(anthropic.AuthenticationError, lambda: stranger.messages.create(**ask("Hello")))


def check_faults():
    control("calls", method="DELETE")
    control("faults", {"status": 529, "retry_after": "0.01", "times": 2})
    client.messages.create(**ask("survive"))
    same(control("calls")["paid"], 1, "paid calls")
    same(control("calls")["asked"], 3, "asked calls")
    always = {"x-sim-fault": "status=529 retry-after=0.01"}
    refused(anthropic.OverloadedError, lambda: client.messages.create(**ask("fail"), extra_headers=always))
    broken = {"x-sim-fault": "error=4"}
    refused(anthropic.APIStatusError, lambda: list(client.messages.create(**ask("x"), stream=True, extra_headers=broken)))


def check_lists():
    counted = client.messages.count_tokens(messages=ask("Hello")["messages"], model=MODEL)
    same(client.messages.create(**ask("Hello")).usage.input_tokens, counted.input_tokens, "tokens")
    assert MODEL in [model.id for model in client.models.list()]
    same(client.models.retrieve(MODEL).lifecycle, "active", "lifecycle")


for name, check in list(globals().items()):
    if name.startswith("check_"):
        check()
        print("ok  anthropic", name.removeprefix("check_"))
