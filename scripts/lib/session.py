"""Runs a command of ECS Exec that ends with a line `HTTP 201`, and prints what came before it.

ECS Exec is made for people: it wants a terminal, mixes everything into one stream, and tells no exit code. So this is
the terminal, and the line says how it went. The exit code is 0 for 2xx, 1 for another status, and 3 if there was none,
when what came instead is on standard error.
"""

import os
import pty
import re
import sys

CHATTER = re.compile(
    r"^(The Session Manager plugin was installed successfully.*|(Starting|Exiting) session with SessionId: .*"
    r"|This session is encrypted using AWS KMS\.|Cannot perform start session: EOF)\s*$",
    re.IGNORECASE,
)
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
STATUS = re.compile(r"^HTTP (\d{3})$")


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


def main() -> int:
    text = CONTROL.sub("", heard(sys.argv[1:])).replace("\r\n", "\n").replace("\r", "\n")
    lines = [line for line in text.split("\n") if not CHATTER.match(line)]
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
