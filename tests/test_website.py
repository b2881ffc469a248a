"""The generated pages of the site have everything that the program has."""

import ast
import re
from pathlib import Path

import pytest

from camformation.cli.main import COMMANDS
from camformation.deploy.operation.signatures import signatures
from camformation.explain import subjects, titles
from camformation.rules.everything import RULES
from camformation.schema import FLEET
from website.reference import all_commands, pages

ROOT = Path(__file__).parents[1]
READING = re.compile(r"environ\.(get|pop)$")
INTERNAL = {"STATE_DIR", "GATEWAY_PORT", "TMPDIR", "_CAMFORMATION_COMPLETE", "BROKERS", "CALLS"}
"""What the emulator's modules, the ops task and shells set, not users."""


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return pages()


def headings(text: str) -> set[str]:
    return set(re.findall(r"^#+ `?([^`\n]+?)`?$", text, re.M))


def test_every_field_is_on_one_page(generated: dict[str, str]) -> None:
    found = [
        field
        for place, text in generated.items()
        if place.startswith("reference/fields/")
        for field in headings(text[text.index("\n") :])
    ]
    assert sorted(found) == sorted({*subjects(), *subjects(FLEET)})


def test_every_command_code_and_known_failure_is_there(generated: dict[str, str]) -> None:
    commands = headings(generated["reference/commands.md"])
    assert {f"camformation {name}" for name in COMMANDS} <= commands
    assert "camformation fleet plan" in commands and len(list(all_commands())) + 1 == len(commands)
    codes = {each.partition(":")[0] for each in headings(generated["reference/codes.md"])}
    assert set(titles()) - set(RULES) <= codes
    assert {each.key for each in signatures()} <= headings(generated["reference/signatures.md"])


def test_a_field_says_what_explain_says(generated: dict[str, str]) -> None:
    text = generated["reference/fields/database.md"]
    (about,) = re.findall(r"## `database.engine_version`\n(.*?)\n## ", text, re.S)
    assert "- Default: `18.4`" in about and "- Default with version 8.9: `17.9`" in about
    assert "- Sets: AWS::RDS::DBCluster EngineVersion" in about


def test_the_page_of_variables_has_every_one_that_is_read() -> None:
    read = set()
    for file in (ROOT / "compiler/camformation").rglob("*.py"):
        text = file.read_text("utf-8")
        if "environ" in text:
            read |= set(_read(ast.parse(text)))
    page = (ROOT / "docs/environment.md").read_text("utf-8")
    assert len(read) > 8 and {name for name in read - INTERNAL if f"`{name}`" not in page} == set()


def _read(tree: ast.AST) -> list[str]:
    """Return the names in `environ[…]`, `environ.get(…)` and `environ.pop(…)`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
            found.append(node.slice)
        if isinstance(node, ast.Call) and READING.search(ast.unparse(node.func)):
            found.append(node.args[0])
    return [str(each.value) for each in found if isinstance(each, ast.Constant)]
