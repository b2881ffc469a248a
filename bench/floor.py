"""The least a compiler can do: parse the spec, write templates that are there as text."""

import os
import sys

import yaml

spec, ready, out = sys.argv[1:]
with open(spec, "rb") as stream:  # noqa: PTH123 - pathlib would not be the least
    yaml.load(stream, yaml.CSafeLoader)
for name in os.listdir(ready):  # noqa: PTH208
    if name.endswith(".template.json"):
        with open(f"{ready}/{name}") as source, open(f"{out}/{name}", "w") as target:  # noqa: PTH123
            target.write(source.read())
