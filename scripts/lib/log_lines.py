"""Prints events of CloudWatch, which it reads as JSON: the time, and what a line of ours says, or the line as it is."""

import json
import sys
from datetime import datetime, timezone

LEFT_OUT = {"timestamp", "level", "message", "target"}


def words(text: str) -> str:
    """One of our lines is JSON; what crashes before it can log writes anything."""
    try:
        line = json.loads(text)
        said = [line["level"], line["message"]]
    except (ValueError, KeyError, TypeError):
        return text.rstrip()
    said += [f"{key}={value}" for key, value in line.items() if key not in LEFT_OUT]
    return " ".join(str(part) for part in said)


for event in json.load(sys.stdin).get("events") or []:
    at = datetime.fromtimestamp(event["timestamp"] / 1000, timezone.utc)
    print(f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} {words(event['message'])}")
