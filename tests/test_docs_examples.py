"""What the pages show is what the compiler does: specs, output, codes, permissions, fields."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from camformation.cli.commands.backup import COMMANDS as BACKUP
from camformation.cli.commands.exporting import COMMANDS as EXPORTING
from camformation.cli.commands.fleet import COMMANDS as FLEET
from camformation.cli.commands.stackset import COMMANDS as STACKSET
from camformation.cli.commands.task import COMMANDS as TASK
from camformation.cli.main import COMMANDS
from camformation.codes import CODES
from camformation.diagnostics import SpecError
from camformation.explain import RANGES, explain
from camformation.fleet.binding import bind
from camformation.fleet.export import export
from camformation.fleet.reading import load_fleet
from camformation.layout import Layout
from camformation.output import MANIFEST, files
from camformation.pipeline import Compiled, compile_spec
from camformation.report.spec.diagnostics import render, summary
from camformation.report.spec.explanation import as_text
from camformation.schema import is_valid, part_at, schema

ROOT = Path(__file__).parents[1]
MADE = "rules.md"  # of the rules' docstrings, and tested with them
PAGES = [ROOT / "README.md", *sorted(p for p in (ROOT / "docs").glob("*.md") if p.name != MADE)]
SPECS = sorted((ROOT / "spec").glob("*.yaml"))
METRICS = (
    "observability.prometheus={workspace_arn: arn:aws:aps:eu-west-2:111122223333:workspace/ws-0}"
)
RECOVERY_POINTS = (
    "aws_backup={resources: [database, backups, file_system], copies: [{vault_arn: "
    '"arn:aws:backup:eu-central-1:111122223333:backup-vault:copies"}]}'
)
REPLICATION = (
    "storage.backup.replication={bucket_arn: 'arn:aws:s3:::example-copies', kms_key_arn: "
    "'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'}"
)
PRIVATE_CA = (
    "cluster.service_connect_tls={certificate_authority_arn: 'arn:aws:acm-pca:eu-west-2:"
    "111122223333:certificate-authority/1234abcd-12ab-34cd-56ef-1234567890ab'}"
)
FENCE = re.compile(r"^```(?P<info>\S[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    page: str
    line: int
    kind: str  # the info string's first two words: `yaml spec`, `console`
    file: str  # its third word, or one made of the line
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text("utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            words = found["info"].split()
            file = words[2] if len(words) > 2 else f"line-{line}.yaml"
            yield Block(page.name, line, " ".join(words[:2]), file, found["text"])


BLOCKS = list(blocks())


def of(kind: str) -> list[Block]:
    found = [block for block in BLOCKS if block.kind == kind]
    assert found, f"no page has a block of {kind}"
    return found


def compiled(block: Block, layout: Layout = Layout.NESTED) -> Compiled:
    """Compile a page's spec; what it extends are the page's other specs, by their names."""
    others = {other.file: other.text for other in of("yaml spec") if other.page == block.page}

    def read(file: str) -> bytes:
        return (others | {block.file: block.text})[file].encode()

    return compile_spec(block.file, read, layout)


def console_after(block: Block) -> Block:
    return next(b for b in BLOCKS[BLOCKS.index(block) :] if b.kind == "console")


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("block", of("yaml spec"), ids=str)
def test_specs_compile(block: Block, layout: Layout) -> None:
    assert compiled(block, layout).templates["root"]["Resources"]


@pytest.mark.parametrize("block", of("yaml fragment"), ids=str)
def test_fragments_fit_the_schema(block: Block) -> None:
    assert is_valid({"name": "camunda", **yaml.safe_load(block.text)})


@pytest.mark.parametrize("block", of("yaml bad"), ids=str)
def test_mistakes_are_reported_as_shown(block: Block) -> None:
    with pytest.raises(SpecError) as error:
        compiled(block)
    found = error.value.diagnostics
    lines = block.text.splitlines()
    shown = render(found, "text", lambda _: lines) + summary(found) + "\n"
    command, output = console_after(block).text.split("\n", 1)
    assert command == f"$ camformation compile {block.file}"
    assert output == shown


def test_every_yaml_block_is_tested_or_named_otherwise() -> None:
    kinds = {block.kind for block in BLOCKS if block.kind.startswith("yaml")}
    assert kinds <= {"yaml spec", "yaml bad", "yaml fragment", "yaml fleet", "yaml workflow"}


@pytest.mark.parametrize("block", of("yaml fleet"), ids=str)
def test_fleets_are_sound(block: Block) -> None:
    """With a shipped spec's parameters, and the accounts that the pages speak of."""
    units = {"ou-ab12-11111111": ("222233334444",), "ou-ab12-22222222": ("333344445555",)}
    loaded = load_fleet("spec/fleet.yaml", lambda _: block.text.encode())
    shipped = str(ROOT / loaded.spec_file)
    one = export(compile_spec(shipped, lambda file: Path(file).read_bytes(), Layout.FLAT))
    bound = bind(loaded, one.definitions, lambda unit: units[unit])
    assert not bound.warnings and not loaded.warnings
    assert [target.wave for target in bound.targets] == ["canary", "departments"]


def test_resource_counts_are_true() -> None:
    pattern = re.compile(r"^(\S+): (\d+) resources(?: in (\d+) nested stacks)? ->", re.M)
    counted = {}
    for block in of("yaml spec"):
        counted[block.page, compiled(block).deployment.name] = block
    seen = 0
    for block in BLOCKS:
        for name, resources, stacks in pattern.findall(block.text):
            source = counted.get((block.page, name))
            one = compiled(source) if source else _shipped(name)
            own = [
                resource
                for template in one.templates.values()
                for resource in template["Resources"].values()
                if resource["Type"] != "AWS::CloudFormation::Stack"
            ]
            assert len(own) == int(resources), block
            assert not stacks or len(one.templates) - 1 == int(stacks), block
            seen += 1
    assert seen


def _shipped(name: str) -> Compiled:
    for path in SPECS:
        one = compile_spec(str(path), lambda file: Path(file).read_bytes())
        if one.deployment.name == name:
            return one
    raise AssertionError(f"no spec has the name {name}")


def test_explanations_are_as_shown() -> None:
    shown = [b.text.split("\n", 1) for b in of("console") if "$ camformation explain" in b.text]
    assert shown
    for command, output in shown:
        assert as_text(explain(command.rpartition(" ")[2])) == output


def test_the_source_map_is_as_shown() -> None:
    block = next(block for block in of("json") if "DesiredCount" in block.text)
    manifest = json.loads(files(_shipped("camunda"))[MANIFEST])
    [(pointer, origin)] = json.loads(f"{{{block.text}}}").items()
    assert manifest["sourceMap"]["orchestration.template.json"][pointer] == origin


def test_codes_are_listed(request: pytest.FixtureRequest) -> None:
    page = ROOT / "docs" / "diagnostics.md"
    text = page.read_text("utf-8")
    rows = "".join(f"| `{code}` | {title} | {why} |\n" for code, (title, why) in CODES.items())
    table = f"<!-- codes -->\n\n| Code | Title | Meaning |\n|---|---|---|\n{rows}\n<!-- end -->"
    if request.config.getoption("--update-golden"):
        text = re.sub(r"<!-- codes -->.*?<!-- end -->", lambda _: table, text, flags=re.S)
        page.write_text(text, "utf-8")
    assert table in text, "docs/diagnostics.md is stale: run pytest --update-golden"


def test_ranges_of_codes_are_listed() -> None:
    text = (ROOT / "docs" / "diagnostics.md").read_text("utf-8")
    rows = re.findall(r"^\| (CAM\d)xx \| (.*) \|$", text, re.M)
    assert {start: about.partition(":")[0] for start, about in rows} == RANGES


def test_commands_are_listed() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    listed = re.findall(
        r"^\| `camformation ((?:(?:stackset|fleet|backup|exporting|task) )?[\w-]+)", text, re.M
    )
    groups = {"stackset": STACKSET, "fleet": FLEET, "backup": BACKUP, "exporting": EXPORTING}
    groups["task"] = TASK
    single = [name for name in COMMANDS if name not in groups]
    inner = [f"{group} {name}" for group, entries in groups.items() for name in entries]
    assert sorted(listed) == sorted([*single, *inner])


def test_components_are_described() -> None:
    text = (ROOT / "docs" / "templates.md").read_text("utf-8")
    table = text.split("## Components", 1)[1].split("\n## ", 1)[0]
    described = re.findall(r"^\| `(\w+)` \| \S", table, re.M)
    patched = schema()["properties"]["patches"]["items"]["properties"]["component"]["enum"]
    assert described == [name for name in patched if name != "root"]


def test_permissions_of_every_command_are_listed() -> None:
    def commands_in(page: str, heading: str) -> list[str]:
        text = (ROOT / "docs" / page).read_text("utf-8")
        part = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
        rows = re.findall(r"^\| (`[^|]*) \|", part, re.M)
        return [
            found[1] for row in rows for found in re.finditer(r"`((?:fleet )?[a-z-]+)[^`]*`", row)
        ]

    asking_aws = {
        name
        for name, entry in COMMANDS.items()
        if (entry.section in {"Deploy", "Operate"} and name != "fleet") or name == "prices"
    }
    assert set(commands_in("deploying.md", "Permissions")) == asking_aws
    fleet = set(commands_in("fleets.md", "Permissions and roles"))
    assert {f"fleet {name}" for name in FLEET} <= fleet


def test_every_permission_is_explained() -> None:
    granted = set()
    for path in SPECS:
        for authentication in ("iam", "password"):
            one = compile_spec(
                str(path),
                lambda file: Path(file).read_bytes(),
                settings=[
                    f"database.authentication={authentication}",
                    "orchestration.execute_command=true",
                    "containers.readonly_root_filesystem=false",
                    REPLICATION,
                    RECOVERY_POINTS,
                    METRICS,
                    PRIVATE_CA,
                ],
            )
            for template in one.templates.values():
                for resource in template["Resources"].values():
                    properties = resource.get("Properties", {})
                    alone = [properties] if resource["Type"] == "AWS::IAM::Policy" else []
                    for policy in (*properties.get("Policies", ()), *alone):
                        statements = policy["PolicyDocument"]["Statement"]
                        granted |= {statement["Sid"] for statement in statements}
    granted |= {
        "LoginToEcr",
        "PullImages",
        "ImportImages",
    }  # of images in ECR, which no shipped spec has
    granted |= {"RestoreBucket", "RestoreObjects", "RestoreKey"}  # nor a restore
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    roles = text.split("## Roles", 1)[1].split("\n## ", 1)[0]
    explained = set(re.findall(r"^\| `(\w+)`", roles, re.M))
    assert explained == granted


def test_fields_that_are_named_exist() -> None:
    sections = schema()["properties"]
    wrong = []
    for page in PAGES:
        for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)(?:: [^`]*)?`", page.read_text("utf-8")):
            first = name.partition(".")[0]
            is_file = name.endswith((".yaml", ".json", ".md", ".py"))
            if first in sections and not is_file and part_at(tuple(name.split("."))) is None:
                wrong.append(f"{page.name}: {name}")
    assert not wrong


def test_the_page_has_every_field_of_the_production_profile() -> None:
    def leaves(data: Any, path: str = "") -> Iterator[str]:
        if isinstance(data, dict) and data:
            for key, value in data.items():
                yield from leaves(value, f"{path}.{key}".lstrip("."))
        else:
            yield path

    text = (ROOT / "docs" / "spec.md").read_text("utf-8")
    table = text.split("\n### The production profile\n", 1)[1].split("|---|---|", 1)[1]
    table = table.partition("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)`", table))
    file = ROOT / "schemas" / "profiles" / "production.yaml"
    fields = list(leaves(yaml.safe_load(file.read_text("utf-8"))))
    missing = [each for each in fields if not any(f"{each}.".startswith(f"{n}.") for n in named)]
    assert not missing
    strangers = [n for n in named if not any(f"{each}.".startswith(f"{n}.") for each in fields)]
    assert not strangers and len(named) > 30


def test_every_kind_of_change_is_explained() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    raw = (ROOT / "schemas" / "deployment.schema.json").read_text("utf-8")
    kinds = set(re.findall(r'"x-change": "([^"]*)"', raw))
    explained = set(
        re.findall(r"^\| `([^`]+)` \|", text.split("## What a change does", 1)[1], re.M)
    )
    assert kinds and kinds <= explained
