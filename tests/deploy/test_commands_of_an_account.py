"""Commands about a whole account and region, on a fake cloud: `list` and `bootstrap`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from camformation.cli.lock_file import write_lock_file
from camformation.cli.main import main
from camformation.cli.target import Connection
from camformation.deploy.change.bootstrap import STACK_NAME
from camformation.deploy.cloud.errors import DeployError, Refused, with_hint
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.live_stack.listing import DESCRIPTION
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import ACCOUNT, NO_CHANGES, REGION, Script, entry

Output = pytest.CaptureFixture[str]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    """A cloud that every command is connected to."""
    fake = FakeCloud()

    @contextmanager
    def connected(*_: Any, **__: Any) -> Iterator[Connection]:
        yield Connection(fake.cloud, Caller(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/anna"))

    monkeypatch.setattr("camformation.cli.target.connected", connected)
    monkeypatch.setattr("camformation.cli.target.SystemClock", lambda: fake.clock)
    return fake


def deployment(name: str, layout: str = "nested") -> dict[str, Any]:
    metadata = {"Camformation": {"Deployment": name, "Layout": layout}}
    return {"Description": f"{DESCRIPTION}{name}", "Metadata": metadata, "Resources": {}}


def test_no_deployments_are_listed_in_words(fake: FakeCloud, capsys: Output) -> None:
    fake.stacks.add("theirs", template={"Description": "a website"})
    assert main(["list"]) == 0
    assert capsys.readouterr().out == f"no deployments in {REGION}\n"
    assert main(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_deployments_are_listed_in_columns_or_as_data(fake: FakeCloud, capsys: Output) -> None:
    fake.stacks.add("prod-stack", "UPDATE_COMPLETE", template=deployment("prod"))
    fake.stacks.add("dev", template=deployment("dev", "flat"))
    assert main(["list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "NAME  STACK       STATUS           LAYOUT  CHANGED",
        "dev   dev         CREATE_COMPLETE  flat    2026-01-05 12:00",
        "prod  prod-stack  UPDATE_COMPLETE  nested  2026-01-05 12:00",
    ]
    assert main(["list", "--json"]) == 0
    one, other = json.loads(capsys.readouterr().out)
    assert (one["name"], one["layout"], other["stack"]) == ("dev", "flat", "prod-stack")


@pytest.mark.parametrize("as_json", [False, True])
def test_bootstrap_makes_a_bucket_once(fake: FakeCloud, capsys: Output, as_json: bool) -> None:
    fake.stacks.new_outputs = {"ArtifactBucketName": "made-bucket"}
    words = ["bootstrap", *(["--json"] if as_json else [])]
    fake.stacks.script.extend(
        [Script([entry("ArtifactBucket", "Add")]), Script(status="FAILED", reason=NO_CHANGES)]
    )
    for _ in range(2):
        assert main(words) == 0
        said = capsys.readouterr().out
        if as_json:
            assert json.loads(said) == {"stack": STACK_NAME, "bucket": "made-bucket"}
        else:
            assert said == f"{STACK_NAME}: artifacts go to made-bucket in {REGION}\n"
    assert len(fake.stacks.called("execute_change_set")) == 1
    (request, _) = fake.stacks.called("create_change_set")
    assert request.name.startswith("camformation-bootstrap-20260105-120000")


def test_a_lock_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "lock"
    folder.mkdir()
    with pytest.raises(DeployError) as raised:
        write_lock_file(str(folder), "{}")
    assert raised.value.code == "CAM755" and f"cannot write {folder}" in raised.value.message


def test_another_hint_keeps_what_aws_said() -> None:
    found = with_hint(Refused("CAM606", "no", None, "ValidationError"), "look")
    assert isinstance(found, Refused)
    assert (found.hint, found.aws_code, found.message) == ("look", "ValidationError", "no")
    plain = with_hint(DeployError("CAM620", "no"), "look")
    assert type(plain) is DeployError and (plain.code, plain.hint) == ("CAM620", "look")
