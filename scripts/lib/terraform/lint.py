"""Looks for faults in a Terraform module that `terraform validate` lets pass: the rules of tflint that need no plugin, and ours.

Usage: lint.py FOLDER   (prints one line for each fault; fails if there is one)
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import hcl2

# Types whose every value is good.
FREE_TYPES = {"bool"}
LEGACY = {
    r'=\s*"\$\{[^{}"]*\}"\s*$': "an expression needs no quotes around it: leave \"${…}\" out",
    r"\b(list|map)\(\s*\"": "list(…) and map(…) are gone: write [ ] and { }",
    r"=\s*\"(string|number|bool|list|map|any)\"\s*$": "a type is written without quotes",
    r"\.\*\.": "write [*] instead of .*",
    r"\b\d{12}\b": "that looks like an account: nobody's numbers belong here",
    r"\b(us|eu|ap|ca|sa|me|af)-(north|south|east|west|central)[a-z]*-\d[a-f]?\b": "a region belongs into a variable",
}
# Zone ids and what an example in a description says are no settings.
ALLOWED = re.compile(r"^\s*(description|error_message)\s*=|^\s*#|z\d-az\d|-az\d")
SKIP = re.compile(r"checkov:skip=(\w+):?(.*)$")
REASON_CHARS_MIN = 20


class Module:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts = {path.name: path.read_text() for path in sorted(folder.glob("*.tf"))}
        self.parsed = {name: hcl2.loads(text) for name, text in self.texts.items()}
        self.code = {name: self.without_comments(text) for name, text in self.texts.items()}

    @staticmethod
    def without_comments(text: str) -> list[str]:
        """Comments become empty lines, so that lines keep their numbers."""
        return ["" if line.lstrip().startswith("#") else line for line in text.splitlines()]

    def blocks(self, kind: str) -> Iterator[tuple[str, str, dict]]:
        """The file, the name and the content of each block with one label."""
        for file, content in self.parsed.items():
            for block in content.get(kind, []):
                for name, body in block.items():
                    yield file, name, body

    def typed_blocks(self, kind: str) -> Iterator[tuple[str, str, str]]:
        """The file, the type and the name of each block with two labels."""
        for file, type_, named in self.blocks(kind):
            for name in named:
                yield file, type_, name

    def uses(self, reference: str, but: tuple[str, int, int] = ("", 0, 0)) -> bool:
        """Whether something is named, but for a file's lines from one to another."""
        named = re.compile(rf"\b{re.escape(reference)}\b")
        own_file, first, last = but
        return any(
            named.search(line)
            for file, lines in self.code.items()
            for number, line in enumerate(lines, 1)
            if not (file == own_file and first <= number <= last)
        )


def plain(value: object) -> object:
    """The parser gives attributes as lists of one."""
    return plain(value[0]) if isinstance(value, list) and len(value) == 1 else value


def text_of(value: object) -> str:
    return str(plain(value)).removeprefix("${").removesuffix("}")


def variables(module: Module) -> Iterator[str]:
    for file, name, body in module.blocks("variable"):
        where = f"{file}: variable {name}"
        if not file.startswith("variables"):
            yield f"{where} belongs into a file of variables"
        if not text_of(body.get("description", "")).strip():
            yield f"{where} has no description"
        kind = text_of(body.get("type", ""))
        if not kind:
            yield f"{where} has no type"
        elif kind not in FREE_TYPES and "validation" not in body:
            yield f"{where} is not validated: which values make no sense?"
        if not module.uses(f"var.{name}", (file, body["__start_line__"], body["__end_line__"])):
            yield f"{where} is used nowhere"
        for validation in body.get("validation", []):
            message = text_of(validation.get("error_message", ""))
            if not re.match(rf"\W*{name}: ", message):
                yield f"{where}: an error message begins with the name, so that one sees whose it is"


def unused(module: Module) -> Iterator[str]:
    for file, content in module.parsed.items():
        for block in content.get("locals", []):
            for name in block:
                if not name.startswith("__") and not module.uses(f"local.{name}"):
                    yield f"{file}: local {name} is used nowhere"
    for file, kind, name in module.typed_blocks("data"):
        if not module.uses(f"data.{kind}.{name}"):
            yield f"{file}: data {kind}.{name} is used nowhere"


def outputs(module: Module) -> Iterator[str]:
    for file, name, body in module.blocks("output"):
        if not file.startswith("outputs"):
            yield f"{file}: output {name} belongs into a file of outputs"
        if not text_of(body.get("description", "")).strip():
            yield f"{file}: output {name} has no description"


def versions(module: Module) -> Iterator[str]:
    lock = module.folder / ".terraform.lock.hcl"
    locked = hcl2.loads(lock.read_text()) if lock.exists() else {}
    locks = {name: body for block in locked.get("provider", []) for name, body in block.items()}
    required = False
    wanted: dict[str, str] = {}
    for content in module.parsed.values():
        for block in content.get("terraform", []):
            required = required or "required_version" in block
            for providers in block.get("required_providers", []):
                for name, body in providers.items():
                    body = plain(body)
                    wanted[text_of(body.get("source", name))] = text_of(body.get("version", ""))
    if not required:
        yield "no file says which Terraform is required (required_version)"
    for source, version in wanted.items():
        if not re.fullmatch(r"(= )?\d+\.\d+\.\d+", version):
            yield f"the provider {source} is not pinned to one version: {version or 'none'}"
        found = [body for name, body in locks.items() if name.endswith(f"/{source}")]
        if not found:
            yield f"the provider {source} is not in .terraform.lock.hcl: run terraform providers lock"
        elif text_of(found[0].get("version")) != version.removeprefix("= "):
            yield f"the provider {source} is locked to another version than {version}"


def style(module: Module) -> Iterator[str]:
    for file, text in module.texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, advice in LEGACY.items():
                if re.search(pattern, line) and not ALLOWED.search(line):
                    yield f"{file}:{number}: {advice}"
            if (skip := SKIP.search(line)) and len(skip[2].strip()) < REASON_CHARS_MIN:
                yield f"{file}:{number}: why is {skip[1]} left out?"
    for kind in ("resource", "data"):
        for file, type_, name in module.typed_blocks(kind):
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                yield f"{file}: {kind} {type_}.{name}: names are lower case with underscores"


def main() -> int:
    module = Module(Path(sys.argv[1]))
    rules = (variables, unused, outputs, versions, style)
    faults = [fault for rule in rules for fault in rule(module)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


sys.exit(main())
