"""What the interpreter that runs this needs, a path a line: itself, its library, its packages, and what they are linked to."""

import os
import pathlib
import re
import subprocess
import sys
import sysconfig

NOT_NEEDED = {"test", "tests", "idlelib", "tkinter", "__pycache__", "dist-packages"}

library, packages = (pathlib.Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib"))
interpreter = pathlib.Path(sys._base_executable).resolve()


def files(folder, left_out):
    found = (file for file in folder.rglob("*") if file.is_file())
    return {file for file in found if not left_out & set(file.relative_to(folder).parts)}


# The packages of the whole machine are none of this environment's.
needed = {interpreter, *files(library, NOT_NEEDED | {"site-packages"}), *files(packages, NOT_NEEDED)}
linked = [interpreter, *(file for file in needed if ".so" in file.suffixes)]
said = subprocess.run(["ldd", *linked], capture_output=True, text=True, check=False).stdout
paths = {os.path.normpath(path) for path in [*needed, *re.findall(r"(/\S+) \(0x", said)]}
print(*sorted(paths), sep="\n")
