"""Lets an agent use the tools of a server by the official SDK, and looks at what it was told."""

import json
import os
import subprocess
import sys
import tempfile

PROGRAM, SIMULATOR, HTTP_SERVER = sys.argv[1:]
SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "server.py")

STDIO = {"mcp": "judge", "command": sys.executable, "args": [SERVER]}
HTTP = {"mcp": "judge", "url": HTTP_SERVER}


def run(server, name, given, data):
    payload = {
        "prompt": f"Use {name} {json.dumps(given)}",
        "tools": [server],
        "max_tool_seconds": 3,
    }
    environment = {
        "PATH": os.environ["PATH"],
        "AGENT_RUNNER_DATA": data,
        "AGENT_RUNNER_TOOLS_ALLOW_PRIVATE": "1",
        "ANTHROPIC_API_KEY": "simulated",
        "ANTHROPIC_BASE_URL": SIMULATOR,
    }
    words = [PROGRAM, "run", "--json", "--max-attempts", "1", "tool_agent", json.dumps(payload)]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    calls = json.loads(ended.stdout)["tool_calls"]
    assert len(calls) == 1, calls
    return calls[0]["output"], calls[0]["is_error"]


def main():
    checks = 0
    with tempfile.TemporaryDirectory() as data:
        for how, server in (("stdio", STDIO), ("http", HTTP)):
            for name, given, expected in (
                ("judge_add", {"a": 2, "b": 40}, lambda told, wrong: (told, wrong) == ("42", False)),
                ("judge_add", {"a": "two"}, lambda told, wrong: wrong and "does not fit the schema" in told),
                ("judge_weather", {"city": "Ulm"}, lambda told, wrong: not wrong and "21.5" in told),
                ("judge_fail", {"reason": "no"}, lambda told, wrong: wrong and "fail" in told),
                ("judge_sleep", {"seconds": 60}, lambda told, wrong: wrong and "longer than 3 seconds" in told),
            ):
                told, wrong = run(server, name, given, data)
                assert expected(told, wrong), (how, name, told, wrong)
                checks += 1
    print(f"mcp: {checks} calls over two transports, all as the official SDK has it")


main()
