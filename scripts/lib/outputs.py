"""Prints one output of `terraform output -json`, which it reads; of a map, the value of the key that is named next.

Texts are printed as they are, lists line by line, and maps as lines of key and value. What is not there prints nothing.
"""

import json
import sys

found = json.load(sys.stdin).get(sys.argv[1], {}).get("value")
for key in sys.argv[2:]:
    found = (found or {}).get(key)
if isinstance(found, list):
    print("\n".join(str(element) for element in found))
elif isinstance(found, bool):
    print("true" if found else "false")
elif isinstance(found, dict):
    print("\n".join(f"{key} {value}" for key, value in sorted(found.items())))
elif found is not None:
    print(found)
