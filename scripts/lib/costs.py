"""Prints the parts of a report of costs, each from JSON on standard input."""

import json
import sys
from collections import Counter, defaultdict


def rows(pairs, unit="$"):
    for name, amount in sorted(pairs, key=lambda pair: -pair[1]):
        print(f"  {name:<44} {unit}{amount:.4f}")


def billed() -> int:
    services: Counter[str] = Counter()
    for month in json.load(sys.stdin)["ResultsByTime"]:
        for group in month.get("Groups", []):
            services[group["Keys"][0]] += float(group["Metrics"]["UnblendedCost"]["Amount"])
    if not services:
        return 1
    rows(services.items())
    rows([("all together", sum(services.values()))])
    return 0


def jobs() -> int:
    """One answer of a query after the other; what is not a key is how many jobs have that status."""
    text, decoder = sys.stdin.read().strip(), json.JSONDecoder()
    types: dict[str, Counter[str]] = defaultdict(Counter)
    while text:
        answer, end = decoder.raw_decode(text)
        text = text[end:].lstrip()
        for item in answer["Items"]:
            job_type = item["sk"]["S"].split("#", 1)[-1]
            types[job_type].update({k: int(v["N"]) for k, v in item.items() if "N" in v})
    for job_type, counts in sorted(types.items()):
        shown = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()) if count > 0)
        print(f"  {job_type:<20} {shown}")
    print(f"  {sum(sum(counts.values()) for counts in types.values())} jobs")
    return 0


def spent() -> int:
    report = json.load(sys.stdin)
    rows((row["key"], row["model_usd"]) for row in report["rows"])
    total = report["total"]
    rows([("all together", total["model_usd"])])
    print(f"  {total['calls']} calls of models")
    return 0


sys.exit({"billed": billed, "jobs": jobs, "spent": spent}[sys.argv[1]]())
