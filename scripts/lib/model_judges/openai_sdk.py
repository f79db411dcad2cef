"""OpenAI's own SDK asks the simulator, and takes no answer that its types do not allow."""

import openai
import pydantic
from asks import URL, WEATHER, control, refused, same
from openai.types.chat import ChatCompletionChunk

MODEL = "gpt-6-luna"
client = openai.OpenAI(
    api_key="sk-sim", base_url=f"{URL}/v1", max_retries=2, _strict_response_validation=True
)


def ask(prompt, **more):
    messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    return {"model": MODEL, "messages": messages, **more}


def check_answers():
    completion = client.chat.completions.create(**ask("Hello"))
    same(completion.choices[0].finish_reason, "stop", "finish reason")
    assert completion._request_id and "Hello" in completion.choices[0].message.content
    full = client.chat.completions.create(**ask("write 90 words", max_completion_tokens=5))
    same((full.choices[0].finish_reason, full.usage.completion_tokens), ("length", 5), "end")


def check_streams():
    chunks = list(
        client.chat.completions.create(
            **ask("Grüße 😀"), stream=True, stream_options={"include_usage": True}
        )
    )
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk.model_dump())
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert "Grüße 😀" in text
    assert chunks[-1].usage.total_tokens > 0 and not chunks[-1].choices


def check_tools():
    function = {"name": "get_weather", "description": "Tells it.", "parameters": WEATHER, "strict": True}
    tools = [{"type": "function", "function": function}]
    turns = ask("get_weather, city=Ulm")["messages"]
    with client.chat.completions.stream(**ask(turns, tools=tools)) as stream:
        asks = stream.get_final_completion().choices[0]
    same((asks.finish_reason, len(asks.message.tool_calls)), ("tool_calls", 1), "calls")
    call = asks.message.tool_calls[0]
    same(call.function.parsed_arguments, {"city": "Ulm"}, "arguments")
    message = {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function",
               "function": {"name": call.function.name, "arguments": call.function.arguments}}]}
    turns += [message, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    end = client.chat.completions.create(**ask(turns, tools=tools))
    same(end.choices[0].message.content, "The tools said: rain", "answer")


def check_structured_output():
    class Plan(pydantic.BaseModel):
        questions: list[str]

    plan = client.chat.completions.parse(**ask("plan"), response_format=Plan)
    assert plan.choices[0].message.parsed.questions


def check_refusals():
    def with_(**more):
        return lambda: client.chat.completions.create(**{**ask("Hello"), **more})

    error = refused(openai.NotFoundError, with_(model="gpt-2"), "gpt-2")
    same(error.code, "model_not_found", "code")
    refused(openai.BadRequestError, with_(max_tokens=5), "max_completion_tokens")
    refused(openai.BadRequestError, with_(extra_body={"bogus": 1}), "bogus")
    refused(openai.BadRequestError, with_(messages=[]), "messages")
    refused(openai.BadRequestError, with_(temperature=3), "maximum value")
    refused(openai.BadRequestError, with_(max_completion_tokens=999_999), "too large")
    odd = {"type": "function", "function": {"name": "odd", "parameters": {"type": "strnig"}}}
    refused(openai.BadRequestError, with_(tools=[odd]), "Invalid schema")
    stranger = client.with_options(api_key="wrong")
    refused(openai.AuthenticationError, lambda: stranger.chat.completions.create(**ask("Hello")))


def check_faults():
    control("calls", method="DELETE")
    control("faults", {"status": 500, "retry_after": "0.01", "times": 2})
    client.chat.completions.create(**ask("survive"))
    same(control("calls")["paid"], 1, "paid calls")
    broken = {"x-sim-fault": "error=3"}
    refused(openai.APIError, lambda: list(client.chat.completions.create(**ask("x"), stream=True, extra_headers=broken)))


def check_lists():
    assert MODEL in [model.id for model in client.models.list()]
    same(client.models.retrieve(MODEL).id, MODEL, "model")


for name, check in list(globals().items()):
    if name.startswith("check_"):
        check()
        print("ok  openai", name.removeprefix("check_"))
