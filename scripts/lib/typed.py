"""Runs a command on a terminal of its own and types a line once it shows certain words. Prints all that was shown."""

import os
import pty
import sys

words, line, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown = b""
typed = False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:  # the command has ended
        break
    if not part:
        break
    shown += part
    if not typed and words.encode() in shown:
        os.write(terminal, line.encode() + b"\n")
        typed = True
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if typed else 9)
