"""What checkov found, in a line each; and suppressions that suppress nothing any more.

Usage: checkov ... --output json | checkov_verdict.py FOLDER   (fails if there is anything)
"""

import json
import re
import sys
from pathlib import Path

SKIP = re.compile(r"checkov:skip=(\w+)")


def suppressions(folder: Path) -> list[tuple[str, int, str]]:
    return [
        (path.name, number, found[1])
        for path in sorted(folder.glob("*.tf"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := SKIP.search(line))
    ]


def is_for(check: dict, suppression: tuple[str, int, str]) -> bool:
    file, number, name = suppression
    first, last = check["file_line_range"]
    return check["check_id"] == name and Path(check["file_path"]).name == file and first <= number <= last


def main() -> int:
    report = json.load(sys.stdin)
    results = report["results"]
    faults = [
        f"{check['file_path'].lstrip('/')}:{check['file_line_range'][0]}: {check['resource']}: "
        f"{check['check_id']}: {check['check_name']}"
        for check in results["failed_checks"]
    ]
    for suppression in suppressions(Path(sys.argv[1])):
        if not any(is_for(check, suppression) for check in results["skipped_checks"]):
            file, number, name = suppression
            faults.append(f"{file}:{number}: {name} would not be reported; leave the suppression out")
    if results["parsing_errors"]:
        faults.append(f"checkov cannot read {', '.join(results['parsing_errors'])}")
    summary = report["summary"]
    print("\n".join([*faults, f"checkov: {summary['passed']} passed, {summary['skipped']} suppressed with a reason, {len(faults)} faults"]))
    return 1 if faults or not summary["passed"] else 0


sys.exit(main())
