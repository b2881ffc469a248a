"""What is imported or compiled late does, when it is used, what it always does."""

import os
import subprocess
import sys

import pytest

MANY_LINES = "  One line.\n\n    And another,\n      indented.\n  "


def printed(script: str) -> str:
    """Return what a script prints, in a process that has imported nothing yet."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


@pytest.mark.parametrize(
    "expression",
    [
        f"inspect.cleandoc({MANY_LINES!r})",
        "inspect.cleandoc(' one line ')",
        "str(inspect.signature(json.loads))",
        "gettext.gettext('Options')",
        "gettext.ngettext('Missing argument', 'Missing arguments', 2)",
        "gettext.NullTranslations().gettext('Usage:')",
        "platform.system()",
        "platform.python_version()",
        "ast.dump(ast.parse('1 + 1'))",
    ],
)
def test_a_module_that_is_postponed_is_that_module(expression: str) -> None:
    script = "import json, {0}; print(repr({1}))"
    module = expression.replace("str(", "").split(".")[0]
    late = printed("import camformation; " + script.format(module, expression))
    assert late == printed(script.format(module, expression)) != ""


def test_patterns_of_pyyaml_are_compiled_when_they_are_used() -> None:
    script = (
        "import re; compile_ = re.compile; from camformation.lean_yaml import yaml; "
        "assert re.compile is compile_; "
        "late = yaml.SafeLoader.timestamp_regexp; assert not isinstance(late, re.Pattern); "
        "print(yaml.safe_load('{a: 2001-12-14, b: 1.5, c: yes, d: 0x10, <<: {e: ~}}')); "
        "print(yaml.load('a: 12', yaml.SafeLoader), late.pattern == compile_(late.pattern).pattern)"
    )
    parsed = "{'e': None, 'a': datetime.date(2001, 12, 14), 'b': 1.5, 'c': True, 'd': 16}"
    assert printed(script) == f"{parsed}\n{{'a': 12}} True\n"
