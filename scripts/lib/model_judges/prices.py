"""LiteLLM's table judges ours: every price of every model that we have."""

import importlib.util
import json
import pathlib
import sys

ours = json.loads(pathlib.Path(sys.argv[2]).read_text())
litellm = pathlib.Path(importlib.util.find_spec("litellm").origin).parent
theirs = json.loads((litellm / "model_prices_and_context_window_backup.json").read_text())

FIELDS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write_5m": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
}
TIERS = {"batch": "batches", "flex": "flex", "priority": "priority"}
faults, compared = [], 0


def compare(what, dollars_per_million, per_token):
    global compared
    compared += 1
    if per_token is None:
        faults.append(f"{what}: LiteLLM has no such price")
    elif abs(dollars_per_million - per_token * 1e6) > 1e-9 + dollars_per_million * 1e-6:
        faults.append(f"{what}: {dollars_per_million} here, {per_token * 1e6:g} there")


def entry(name, provider):
    own = theirs.get(name, {})
    return own if own.get("litellm_provider") == provider else theirs.get(f"{provider}/{name}")


def compare_tiers(name, model, prices, suffix, other):
    for tier, rule in model.get("tiers", {}).items():
        for field in ("input", "output", "cache_read"):
            theirs = other.get(f"{FIELDS[field]}{suffix}_{TIERS[tier]}")
            if field not in prices or theirs is None:
                continue
            factor = rule.get("cache_read_factor", rule["factor"]) if field == "cache_read" else rule["factor"]
            compare(f"{name} {field}{suffix} {tier}", prices[field] * factor, theirs)


for name, model in ours["models"].items():
    other = entry(name, model["provider"])
    if other is None:
        faults.append(f"{name}: LiteLLM does not know it")
        continue
    levels = [("", model), *((f"_above_{a['prompt_tokens'] // 1000}k_tokens", a) for a in model.get("above", []))]
    for suffix, prices in levels:
        for field, key in FIELDS.items():
            if field in prices:
                compare(f"{name} {field}{suffix}", prices[field], other.get(f"{key}{suffix}"))
        compare_tiers(name, model, prices, suffix, other)
    for key in other:
        level = key.removeprefix("input_cost_per_token_above_")
        if level.endswith("k_tokens") and level != key and f"_above_{level}" not in [s for s, _ in levels]:
            faults.append(f"{name}: LiteLLM has other prices above {level}")
    for modifier, factor in (other.get("provider_specific_entry") or {}).items():
        compare(f"{name} {modifier}", model.get("modifiers", {}).get(modifier, 0), factor / 1e6)

if faults:
    sys.exit("Prices that LiteLLM has otherwise:\n  " + "\n  ".join(faults))
print(f"ok  prices of {len(ours['models'])} models, {compared} figures")
