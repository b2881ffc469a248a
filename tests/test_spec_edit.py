"""Values written into specs: exactly these change, and what is not plain stays as it is."""

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from camformation.cli.spec_edit import check_writable, with_value, write_values
from camformation.deploy.cloud.errors import DeployError

SPEC = """\
# Ours.
name: camunda   # the name

orchestration:   # brokers
  # as large as needed
  brokers: 3     # an odd number
  image: "camunda/camunda:8.10.2"
connectors: {tasks: 2}
"""


@pytest.mark.parametrize(
    ("field", "value", "before", "after"),
    [
        ("orchestration.brokers", 5, "brokers: 3 ", "brokers: 5 "),
        ("orchestration.image", "camunda/camunda:8.10.6", "8.10.2", "8.10.6"),
        ("name", "other", "name: camunda ", "name: other "),
        ("connectors.tasks", "x", "{tasks: 2}", "{tasks: x}"),
        (
            "orchestration.cpu",
            "few",
            "orchestration:   # brokers\n",
            "orchestration:   # brokers\n  cpu: few\n",
        ),
        ("version", "8.10", "{tasks: 2}\n", '{tasks: 2}\nversion: "8.10"\n'),
        ("database.name", "x", "{tasks: 2}\n", "{tasks: 2}\ndatabase:\n  name: x\n"),
    ],
)
def test_only_the_value_changes(field: str, value: str | int, before: str, after: str) -> None:
    assert with_value(SPEC, tuple(field.split(".")), value) == SPEC.replace(before, after)


@pytest.mark.parametrize(
    "text",
    [
        "orchestration: {brokers: 3}\n",  # nothing to put a line below
        "orchestration: &o\n  image: &i a\nother: *i\n",  # others have the value too
        "orchestration:\n",
        "orchestration: [1]\n",
        "orchestration:\n  image: |\n    a\n",
        "a: 1\n---\nb: 2\n",
        "a: [\n",
        "name: x\n...\n",
    ],
)
def test_what_is_not_plain_is_left(text: str) -> None:
    assert with_value(text, ("orchestration", "image"), "b") is None


@pytest.mark.parametrize("seed", range(200))
def test_any_text_ends_as_wished_or_stays(seed: int) -> None:
    chance = random.Random(seed)

    def words(letters: str) -> str:
        return "".join(chance.choices(letters, k=chance.randint(0, 7)))

    data: dict[str, Any] = {
        each: words("ab:'\"# \n") if chance.random() < 0.5 else {"x": 1, "y": words("a#: ")}
        for each in chance.sample("abcde", chance.randint(1, 5))
    }
    field = chance.choice(["a", "b", "q", "a.x", "b.y", "q.z", "c.n"])
    value: str | int = 7 if chance.random() < 0.5 else words("ab:/.'\"#8 ")
    style = chance.choice([None, "'", '"'])
    text = yaml.safe_dump(data, default_flow_style=chance.random() < 0.2, default_style=style)
    changed = with_value(text, tuple(field.split(".")), value)
    if changed is not None:
        section = yaml.safe_load(changed)
        for name in field.split("."):
            section = section[name]
        assert section == value


def test_a_file_is_written_once(tmp_path: Path) -> None:
    spec = tmp_path / "camunda.yaml"
    spec.write_bytes(b"\xef\xbb\xbfname: a\r\norchestration:\r\n  brokers: 3\r\n")
    check_writable(str(spec))
    values: list[tuple[str, str | int]] = [
        ("orchestration.image", "x"),
        ("orchestration.brokers", "many"),
        ("name.y", "z"),
    ]
    assert write_values(str(spec), values) == ["name.y"]
    assert spec.read_bytes() == (
        b"\xef\xbb\xbfname: a\r\norchestration:\r\n  image: x\r\n  brokers: many\r\n"
    )
    with pytest.raises(DeployError, match="CAM788"):
        check_writable(str(tmp_path))
    with pytest.raises(DeployError, match="cannot be changed"):
        write_values(str(tmp_path / "none.yaml"), values)
