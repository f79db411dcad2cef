"""Helpers of the judges: plain HTTP, and a check that says what it wanted."""

import json
import sys
import urllib.request

URL = sys.argv[1]

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def control(path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{URL}/control/{path}", data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def same(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r} instead of {wanted!r}")


def refused(kind, ask, message=""):
    """Asks, and wants to be refused in this way."""
    try:
        ask()
    except kind as error:
        if message not in str(error):
            raise AssertionError(f"{message!r} is not in {error}") from error
        return error
    raise AssertionError(f"no {kind.__name__}")
