"""Runs a command of ECS Exec that ends with a line `HTTP 201`, and prints what came before it.

ECS Exec is made for people: it wants a terminal, mixes everything into one stream, and tells no exit code. So this is
the terminal, and the line says how it went. The exit code is 0 for 2xx, 1 for another status, and 3 if there was none,
when what came instead is on standard error.
"""

import os
import pty
import re
import sys
import time

CHATTER = re.compile(
    r"^(The Session Manager plugin was installed successfully.*|(Starting|Exiting) session with SessionId: .*"
    r"|This session is encrypted using AWS KMS\.|Cannot perform start session: EOF)\s*$",
    re.IGNORECASE,
)
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
STATUS = re.compile(r"^HTTP (\d{3})$")
# For some seconds after a task has started, nobody answers there yet: nothing was sent, so it may be asked again.
NOT_YET = "TargetNotConnectedException"
TRIES = 10
SECONDS_BETWEEN = 3


def heard(command: list[str]) -> str:
    """All that the command writes on a terminal of its own."""
    parts: list[bytes] = []

    def read(terminal: int) -> bytes:
        part = os.read(terminal, 65536)
        parts.append(part)
        # Nothing is shown yet, and nothing at all would mean the end.
        return part

    shown = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    pty.spawn(command, read)
    os.dup2(shown, 1)
    return b"".join(parts).decode("utf-8", "replace")


def lines_of(command: list[str]) -> list[str]:
    text = CONTROL.sub("", heard(command)).replace("\r\n", "\n").replace("\r", "\n")
    return [line for line in text.split("\n") if not CHATTER.match(line)]


def main() -> int:
    lines = lines_of(sys.argv[1:])
    for _ in range(TRIES):
        if not any(NOT_YET in line for line in lines) or any(STATUS.match(line) for line in lines):
            break
        time.sleep(SECONDS_BETWEEN)
        lines = lines_of(sys.argv[1:])
    ends = [at for at, line in enumerate(lines) if STATUS.match(line)]
    if not ends:
        sys.stderr.write("\n".join(line for line in lines if line.strip()) + "\n")
        return 3
    body = "\n".join(lines[: ends[-1]]).strip("\n")
    if body:
        print(body, flush=True)
    return 0 if STATUS.match(lines[ends[-1]])[1].startswith("2") else 1


if __name__ == "__main__":
    sys.exit(main())
