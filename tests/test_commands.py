"""The commands that deploy, as somebody types them, against the local target."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from camformation.assets import asset
from camformation.cli.main import main
from camformation.cli.options import Where
from camformation.cli.own_prices import keep_prices
from camformation.cli.target import connected
from camformation.deploy import local
from recorded_calls import Recorded

pytest.importorskip("ministack")

SPEC = """\
name: camunda
region: eu-west-2
profile: development
access: {allowed_cidrs: [203.0.113.7/32]}
database: {on_delete: snapshot}
storage: {on_delete: retain}
"""
BEYOND = ("stack/camformation-bootstrap/", "secret:")
"""Resources of `bootstrap`, which an administrator runs, and of `password`: no policy has them."""
Output = pytest.CaptureFixture[str]


class Shell:
    """Runs commands on one local target, and remembers everything that was printed."""

    def __init__(self, state: Path, capsys: Output) -> None:
        self.state = state
        self._where = ["--local-state", str(state)]
        self._capsys = capsys
        self.printed = ""
        self.out = ""
        self.err = ""

    def __call__(self, command: str, *more: str) -> int:
        code = main([*command.split(), *more, *self._where])
        self.out, self.err = self._capsys.readouterr()
        self.printed += self.out + self.err
        return code

    def read(self) -> str:
        """Return what was printed beside the shell."""
        return self._capsys.readouterr().out

    def data(self, command: str, *more: str) -> Any:
        self(command, *more)
        return json.loads(self.out)


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> Shell:
    """A shell in a folder with a spec, on a local target that nobody has used yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "never"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Path("camunda.yaml").write_text(SPEC)
    return Shell(tmp_path / "state", capsys)


@pytest.fixture
def shell(fresh: Shell) -> Iterator[Shell]:
    """The same, on one that runs already: commands join it, which is quicker."""
    with local.start(fresh.state, region="eu-west-2"):
        yield fresh


def check_plan(data: Any) -> None:
    schema = json.loads(asset("schemas", "plan.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)


@pytest.mark.parametrize("layout", ["nested", "flat"])
def test_a_deployment_from_its_first_plan_to_its_end(
    shell: Shell, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f"camunda.yaml --layout {layout}"
    recorded = Recorded(monkeypatch)
    keep_prices({"eu-west-2": {"secret": 9000.0}}, "2099-01-01")  # then each estimate has them
    assert shell(f"plan {there}") == 2 and (cost := re.search(r"Cost: .* \$\d\d,.*", shell.out))
    assert shell("list") == 0 and "no deployments" in shell.out  # the plan left nothing behind

    assert shell(f"deploy {there} --yes --quiet") == 0
    assert "Url " in shell.out and cost[0] in shell.out
    assert shell(f"deploy {there} --yes") == 0 and "no changes" in shell.out
    assert shell(f"plan {there}") == 0 and shell(f"diff {there}") == 0
    assert re.search(r"Cost: .* \$\d\d,", shell.out)

    (listed,) = shell.data("list --json")
    assert (listed["name"], listed["layout"], listed["status"]) == (
        "camunda",
        layout,
        "UPDATE_COMPLETE",  # by the second step, which protects
    )
    assert datetime.fromisoformat(listed["created"]).tzinfo and "T" in listed["created"]
    assert shell("watch camunda") == 0 and "created stack camunda" in shell.out
    assert shell("timeline camunda.yaml") == 0 and "AuroraCluster" in shell.out
    outputs = shell.data("outputs camunda --format json")
    assert shell("outputs camunda.yaml --only Url") == 0 and shell.out.strip() == outputs["Url"]
    assert shell("outputs camunda --only Nope") == 1 and "the outputs are" in shell.err

    before = shell.printed
    assert shell("password camunda.yaml") == 0 and shell.err == ""
    password = shell.out.strip()
    assert len(password) >= 16 and password not in before

    larger = ("--set", "orchestration.memory_mib=8192")
    check_plan(plan := shell.data(f"plan {there} --format json", *larger))
    assert (plan["exit_code"], plan["target"]["layout"]) == (2, layout)
    assert shell(f"plan {there} --out plan.json", *larger) == 2
    check_plan(json.loads(Path("plan.json").read_text()))
    assert shell(f"deploy {there} --plan plan.json --yes") == 1 and "CAM627" in shell.err
    assert shell(f"deploy {there} --plan plan.json --yes --json", *larger) == 0
    events = [json.loads(line) for line in shell.out.splitlines()]
    assert events[0]["event"] == "started" and events[-1]["succeeded"] is True
    assert shell(f"deploy {there} --plan plan.json --yes", *larger) == 1
    assert "different templates were deployed" in shell.err

    assert shell("destroy camunda.yaml --dry-run") == 0
    assert "To be deleted" in shell.out and shell.out.endswith("\nnothing was changed\n")
    assert shell.data("destroy camunda --dry-run --json")["event"] == "destruction"
    assert shell("destroy camunda.yaml --yes --name camundra") == 1
    assert shell(f"plan {there}", *larger) == 0
    if layout == "nested":
        assert shell("destroy camunda.yaml --yes --name camunda") == 0
        assert re.search(r"the EFS file system: fs-\w+ +\(costs", shell.out)
        assert "a snapshot of the Aurora cluster" in shell.out
        assert re.search(r"Cost: .* \$\d\d,\d+ a month now; \w+ \w+ \$", shell.out)
    else:
        assert shell("destroy camunda.yaml --yes --name camunda --json") == 0
        events = [json.loads(line) for line in shell.out.splitlines()]
        assert (events[0]["event"], events[-1]["event"]) == ("destruction", "destroyed")
        assert events[0]["cost"]["monthly"] > 18000 > events[0]["cost"]["kept"] > 0
        left = {each["what"] for each in events[-1]["leftovers"] if each["cost"]}
        assert left >= {"the EFS file system", "a snapshot of the Aurora cluster"}
    assert shell("list") == 0 and "no deployments" in shell.out
    assert password not in shell.printed.replace(f"{password}\n", "", 1)
    assert main(["policy", *there.split(), "--format", "json"]) == 0
    printed = json.loads(shell.read())
    refused = recorded.refused([each["document"] for each in printed["policies"]])
    assert len(recorded.calls) > 40
    assert [each for each in refused if not each[1].startswith(BEYOND)] == []


@pytest.mark.parametrize("layout", ["nested", "flat"])
def test_what_would_lose_data_is_refused_until_it_is_named(shell: Shell, layout: str) -> None:
    there = f"camunda.yaml --layout {layout}"
    assert shell(f"deploy {there} --yes --quiet") == 0
    for harm in (
        "orchestration.brokers=3",
        "orchestration.partitions=9",
        "database.name=other",
        "storage.efs.kms_key_arn=arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ):
        check_plan(plan := shell.data(f"plan {there} --format json", "--set", harm))
        assert plan["exit_code"] == 3
    assert shell(f"deploy {there} --yes", "--set", harm) == 3
    assert shell(f"deploy {there} --yes --json", "--set", harm) == 3
    (blocked,) = map(json.loads, shell.out.splitlines())
    assert blocked["event"] == "blocked"
    check_plan(blocked["plan"])
    other = "flat" if layout == "nested" else "nested"
    assert (
        shell(f"deploy camunda.yaml --layout {other} --yes --allow-data-loss CAM650:FileSystem")
        == 3
    )
    assert "CAM666" in shell.out
    assert shell(f"plan {there}") == 0  # nothing of all that was done

    partitions = ("--set", "orchestration.partitions=9", "--allow-data-loss")
    assert shell(f"deploy {there} --yes", *partitions, "OrchestrationService") == 3
    assert shell(f"deploy {there} --yes", *partitions, "CAM661:OrchestrationService") == 0


def test_a_deployment_that_fails_says_why_and_is_rolled_back(shell: Shell) -> None:
    assert shell("deploy camunda.yaml --yes --quiet") == 0
    broken = ("--set", "orchestration.image=example.com/fail/camunda:8.10.9")
    assert shell("deploy camunda.yaml --yes --quiet", *broken) == 1
    assert "Circuit Breaker" in shell.out and "UPDATE_ROLLBACK_COMPLETE" in shell.out
    assert "root/orchestration/OrchestrationService" in shell.out
    assert shell("watch camunda") == 1
    assert shell("plan camunda.yaml") == 0
    assert shell("status camunda") == 0, shell.out  # ECS forgets the failed rollout

    assert shell("diagnose camunda.yaml") == 1
    assert "meaning: " in shell.out
    assert shell("history camunda") == 0
    (update,) = (line for line in shell.out.splitlines() if "UPDATE_ROLLBACK_COMPLETE" in line)
    operation, mark, *_ = update.split()
    assert mark == "*"  # recorded
    asked = f"diagnose camunda --operation {operation} --bundle failed.zip"
    assert shell(asked) == 1, shell.out + shell.err
    recorded = shell.out
    assert shell("diagnose --from failed.zip") == 1
    assert shell.out == recorded

    first = ("deploy camunda.yaml --yes --json --set name=another", *broken)
    assert shell(*first) == 1
    (cause,) = json.loads(shell.out.splitlines()[-1])["failures"]
    assert (cause["component"], cause["logical_id"]) == ("orchestration", "OrchestrationService")
    assert "Circuit Breaker" in cause["reason"] and cause["physical_id"]
    assert shell("deploy camunda.yaml --yes --set name=another") == 1
    assert "ROLLBACK_COMPLETE" in shell.err and "camformation destroy" in shell.err

    assert shell("recover camunda") == 0 and "nothing to recover" in shell.out
    assert shell("recover another") == 1 and "another is in ROLLBACK_COMPLETE" in shell.out
    assert shell("recover another --way rollback --yes") == 1 and "CAM779" in shell.err
    assert shell("recover another --way rolback") == 1 and "did you mean rollback?" in shell.err
    assert shell("recover another --way x") == 1 and "the ways are watch, cancel" in shell.err
    assert shell("recover another --way delete --dry-run") == 0
    assert shell("list") == 0 and "another" in shell.out
    assert shell("recover another --way delete --yes --name camunda") == 1
    assert shell("recover another --way delete --yes --name another") == 0
    assert shell("list") == 0 and "another" not in shell.out


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("outputs nothing", "CAM682"),
        ("password nothing", "CAM682"),
        ("watch nothing", "CAM632"),
        ("diagnose nothing", "CAM632"),
        ("diagnose --from camunda.yaml", "CAM777"),
        ("history nothing", "CAM632"),
        ("recover nothing", "CAM632"),
        ("timeline nothing", "CAM682"),
        ("destroy nothing --yes --name nothing", "CAM682"),
        ("destroy nothing", "CAM616"),
        ("deploy camunda.yaml", "CAM616"),
        ("deploy camunda.yaml --yes --plan camunda.yaml", "CAM618"),
        ("plan camunda.yaml --artifact-bucket no-such-bucket", "CAM502"),
        ("plan camunda.yaml --region us-east-1", "CAM611"),
        ("plan camunda.yaml --role-arn admin", "CAM612"),
        ("drift camunda.yaml", "CAM615"),
    ],
)
def test_wrong_use_is_told_in_one_message_with_the_next_step(
    shell: Shell, command: str, code: str
) -> None:
    assert shell(command) == 1
    assert shell.err.count(code) == 1 and "hint:" in shell.err
    assert "Traceback" not in shell.err and shell.out == ""
    assert shell("list --region eu-west-2") == 0 and "no deployments" in shell.out


def test_the_first_use_says_what_it_is_not_and_a_refusal_moves_it_nowhere(fresh: Shell) -> None:
    assert fresh("list --region eu-west-2") == 0 and "a rehearsal, not a proof" in fresh.err
    assert fresh("plan camunda.yaml --region us-east-1") == 1 and "rehearsal" not in fresh.err
    assert fresh("list") == 0 and "eu-west-2" in fresh.out


def test_plans_know_what_runs(shell: Shell) -> None:
    older = ("--set", 'version="8.9"')
    assert shell("deploy camunda.yaml --yes --quiet", *older) == 0
    assert shell("plan camunda.yaml") == 2
    assert "stays at engine version 17.9" in shell.out and "EngineVersion" not in shell.out
    assert shell("diff camunda.yaml") == 2 and "stays at engine version 17.9" in shell.out
    assert shell("deploy camunda.yaml --yes --quiet") == 0
    assert shell("plan camunda.yaml") == 0

    said = shell.data("outputs camunda --format json")
    where = Where(None, "eu-west-2", None, local=True, local_state=shell.state)
    with connected(where) as at:
        service = said["OrchestrationServiceName"].rpartition("/")[2]
        at.cloud.services.set_desired_count(said["EcsClusterName"], service, 4)
    assert shell("plan camunda.yaml") == 0 and "CAM647" in shell.out
    memory = ("--set", "orchestration.environment.CAMUNDA_LOG_LEVEL=WARN")
    assert shell("deploy camunda.yaml --yes", *memory) == 3 and "CAM660" in shell.out
    allowed = ("--allow-data-loss", "CAM660:OrchestrationService")
    assert shell("deploy camunda.yaml --yes", *memory, *allowed) == 0
