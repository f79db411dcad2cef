"""Deletes all versions and delete markers in a bucket, by the AWS CLI, a thousand at a time."""

import json
import subprocess
import sys
import tempfile

BUCKET = sys.argv[1]


def aws(*arguments: str) -> dict:
    done = subprocess.run(
        ["aws", "s3api", *arguments, "--bucket", BUCKET, "--output", "json"], check=True, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout or b"{}")


while True:
    found = aws("list-object-versions", "--max-items", "1000")
    objects = [
        {"Key": version["Key"], "VersionId": version["VersionId"]}
        for kind in ("Versions", "DeleteMarkers")
        for version in found.get(kind) or []
    ]
    if not objects:
        break
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"Objects": objects, "Quiet": True}, file)
        file.flush()
        faults = aws("delete-objects", "--delete", f"file://{file.name}").get("Errors") or []
    if faults:
        sys.exit(f"{faults[0]['Key']} cannot be deleted: {faults[0]['Message']}")
