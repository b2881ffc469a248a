"""`make aws-smoke`, rehearsed on the local target."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from camformation.deploy.plan.merge import StackChanges
from plan import readings
from smoke.costs import costs
from smoke.doubts import namespace_order
from smoke.recording import Recorder, scrubbed

ROOT = Path(__file__).parents[1]


def run(out: Path, *options: str) -> tuple[int, str, Path]:
    """Run it to its end: exit code, what it prints, its folder."""
    pytest.importorskip("ministack")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "smoke", "--region", "eu-west-2", "--local"),
            *("--out", str(out), *options),
        ],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    [folder] = out.iterdir()
    return done.returncode, done.stdout, folder


def test_a_whole_run_leaves_nothing_but_what_it_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said, folder = run(tmp_path)
    assert code == 0, said
    report = (folder / "report.txt").read_text("utf-8").splitlines()
    assert "holds: The Aurora cluster listens on 5432: port 5432" in report
    assert report[-1] == "nothing is left"
    assert not [line for line in report if line.startswith(("PROBLEM", "DOES NOT HOLD"))]
    steps = re.findall("^== (\\S+)", said, re.MULTILINE)
    assert steps[:4] == ["bootstrap", "create", "unchanged", "change"]
    assert steps[-3:] == ["RetainExceptOnCreate", "destroy", "destroy"]
    assert "together" in said and "Aurora instance" in said

    recorded = [*(folder / "pages").rglob("*.json"), *(folder / "events").rglob("*.json")]
    assert recorded
    for file in recorded:
        assert "000000000000" not in file.read_text("utf-8"), file
    monkeypatch.setattr(readings, "PAGES", folder / "pages")
    change = readings.readings("change")
    assert set(change) == {"root", "orchestration"}
    assert all(isinstance(each, StackChanges) for each in change.values())
    assert "OrchestrationTaskDefinition" in json.dumps(change["orchestration"].with_values)


def test_a_run_out_of_time_destroys_what_it_made(tmp_path: Path) -> None:
    code, said, folder = run(tmp_path, "--minutes", "0.15")
    assert code == 1
    report = (folder / "report.txt").read_text("utf-8").splitlines()
    assert "PROBLEM: the budget of 0.15 minutes is spent" in report
    assert report[-1] == "nothing is left"
    assert "camformation-bootstrap: DELETE_COMPLETE" in said
    state = next((folder / "local" / "state").glob("cloudformation.json")).read_text("utf-8")
    assert '"CREATE_COMPLETE"' not in state or "DELETE_COMPLETE" in state


def test_no_account_number_is_recorded() -> None:
    answer = {
        "Arn": "arn:aws:iam::999900001111:role/x",
        "Bucket": "logs-999900001111-eu-west-2",
        "Other": ["arn:aws:sns:eu-west-2:123456789012:t", "0a1b-123456789012"],
        "ResponseMetadata": {"RequestId": "1"},
    }
    assert scrubbed(answer, "999900001111") == {
        "Arn": "arn:aws:iam::111122223333:role/x",
        "Bucket": "logs-111122223333-eu-west-2",
        "Other": ["arn:aws:sns:eu-west-2:111122223333:t", "0a1b-123456789012"],
    }


def test_pages_are_those_of_the_last_reading() -> None:
    recorder = Recorder("999900001111", "demo")
    recorder.step = "change"

    def page(token: str | None, name: str, *, values: bool = False, status: str = "") -> None:
        request = {"NextToken": token} if token else {}
        if values:
            request["IncludePropertyValues"] = "yes"
        answer = {"StackName": name, "Status": status or "CREATE_COMPLETE", "Changes": [token]}
        recorder.note("DescribeChangeSet", request, answer)

    page(None, "demo", status="CREATE_IN_PROGRESS")
    for _ in range(2):
        page(None, "demo")
        page("2", "demo")
    page(None, "demo-DatabaseSeed-1ABC", values=True)
    both = recorder.pages["change"]
    assert [each["Changes"] for each in both["root"]["without_values"]] == [[None], ["2"]]
    assert len(both["database_seed"]["with_values"]) == 1


def test_a_namespace_that_cannot_go_is_told() -> None:
    def event(kind: str, status: str) -> dict[str, str]:
        return {"ResourceType": kind, "ResourceStatus": status}

    service, namespace = "AWS::ECS::Service", "AWS::ServiceDiscovery::HttpNamespace"
    done = [event(service, "DELETE_COMPLETE"), event(namespace, "DELETE_COMPLETE")]
    assert namespace_order(done).held is True
    assert namespace_order([event(namespace, "DELETE_FAILED"), *done]).held is False
    assert namespace_order(done[::-1]).held is False
    assert namespace_order([]).held is None


def test_costs_are_those_of_the_templates() -> None:
    resources = {
        "A": {"Type": "AWS::EC2::NatGateway", "Properties": {}},
        "T": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Cpu": "1024", "Memory": "2048"}},
        "S": {
            "Type": "AWS::ECS::Service",
            "Properties": {"TaskDefinition": {"Ref": "T"}, "DesiredCount": 3},
        },
    }
    lines, total = costs(resources, 10)
    assert len(lines) == 2
    assert round(total, 2) == round(0.6 + 3 * (0.05 + 2 * 0.006) * 10, 2)


def test_it_is_never_run_in_continuous_integration() -> None:
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        assert "aws-smoke" not in workflow.read_text("utf-8")
