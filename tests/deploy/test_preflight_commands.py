"""`preflight` and `doctor` as they are typed, and the page's examples of them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from camformation.cli.main import main
from camformation.cli.target import Connection
from camformation.deploy.cloud.account import Certificate
from camformation.deploy.cloud.errors import AccessDenied
from camformation.deploy.preflight import own_calls
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import ACCOUNT, REGION, START

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "preflight.md").read_text("utf-8")
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1234abcd"
SPEC = f"""\
name: camunda-prod
region: {REGION}
access:
  allowed_cidrs: [203.0.113.0/24]
  tls:
    hostname: camunda.example.com
    certificate_arn: {CERTIFICATE}
"""
Output = pytest.CaptureFixture[str]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    """A cloud that `preflight` is connected to."""
    fake = FakeCloud()
    fake.stacks.add("camformation-bootstrap", outputs={"ArtifactBucketName": "artifacts"})
    fake.objects.buckets["artifacts"] = {}

    class Clock:
        now = staticmethod(fake.clock.now)

    @contextmanager
    def connected(*_: Any) -> Iterator[Connection]:
        yield Connection(fake.cloud, fake.identity.who)

    monkeypatch.setattr("camformation.cli.preflight.connected", connected)
    monkeypatch.setattr("camformation.cli.preflight.SystemClock", Clock)
    monkeypatch.chdir(tmp_path)
    Path("camunda.yaml").write_text(SPEC)
    fake.account.domains.certificates[CERTIFICATE] = Certificate(
        "ISSUED",
        ("camunda.example.com", "grpc.camunda.example.com"),
        START + timedelta(days=200),
    )
    return fake


def check_page(command: str, output: str, request: pytest.FixtureRequest) -> None:
    """Check that the page shows the output of a command."""
    block = re.compile(rf"^(```console\n\$ {re.escape(command)}\n)(.*?)^```", re.M | re.S)
    page = ROOT / "docs" / "preflight.md"
    text = page.read_text("utf-8")
    if request.config.getoption("--update-golden"):
        text = block.sub(lambda found: f"{found[1]}{output}```", text)
        page.write_text(text, "utf-8")
    found = block.search(text)
    assert found and found[2] == output, "docs/preflight.md is stale: run pytest --update-golden"


def test_the_page_shows_the_policies(capsys: Output, request: pytest.FixtureRequest) -> None:
    assert main(["policy", str(ROOT / "spec" / "production.yaml")]) == 0
    text = capsys.readouterr().out
    check_page("camformation policy spec/production.yaml", text, request)


def test_the_page_shows_the_checklist(
    fake: FakeCloud, capsys: Output, request: pytest.FixtureRequest
) -> None:
    account = fake.account
    account.quotas.values["L-0263D0A3"] = 5
    account.quotas.eips = 3
    account.permissions.fail(
        "denied",
        AccessDenied("CAM603", "no", "the caller's role needs iam:SimulatePrincipalPolicy"),
    )
    account.domains.certificates[CERTIFICATE] = Certificate("ISSUED", ("camunda.example.com",))
    assert main(["preflight", "camunda.yaml"]) == 1
    check_page("camformation preflight camunda.yaml", capsys.readouterr().out, request)


def test_an_account_that_is_ready_exits_with_0(fake: FakeCloud, capsys: Output) -> None:
    assert main(["preflight", "camunda.yaml", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["stack"], data["ready"]) == ("camunda-prod", True)
    assert {each["status"] for each in data["checks"]} == {"OK", "SKIPPED"}
    assert set(data["checks"][0]) == {
        *("id", "title", "status", "reason", "fix", "certain", "location")
    }


def test_an_obstacle_has_its_line(fake: FakeCloud, capsys: Output) -> None:
    fake.account.domains.certificates.clear()
    assert main(["preflight", "camunda.yaml", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    (found,) = (each for each in data["checks"] if each["status"] == "NO")
    assert (found["id"], found["location"]) == ("P50", "camunda.yaml:7:22")
    assert (data["ready"], found["certain"]) == (False, True)


def test_a_wrong_spec_is_no_traceback(fake: FakeCloud, capsys: Output) -> None:
    Path("camunda.yaml").write_text("name: 5")
    assert main(["preflight", "camunda.yaml"]) == 1
    assert "CAM010" in capsys.readouterr().err


def test_every_check_is_on_the_page() -> None:
    from camformation.deploy.preflight.checklist import CHECKS

    rows = dict(re.findall(r"^\| `(P\d+)` \| (.+?) \|", PAGE, re.M))
    assert rows == {check.id: check.title for check in CHECKS}
    fast = re.findall(r"^\| `(P\d+)` \|.*\| yes \|$", PAGE, re.M)
    assert fast == [check.id for check in CHECKS if check.fast or check.id == "P40"]


def test_permissions_of_the_page_are_those_of_the_policy() -> None:
    """What a command calls is in the table of docs/deploying.md, and in the policy."""
    text = (ROOT / "docs" / "deploying.md").read_text("utf-8")
    part = text.split("\n## Permissions\n", 1)[1].split("\n## ", 1)[0]
    for command, actions in own_calls.COMMANDS.items():
        rows = [row for row in part.splitlines() if re.match(rf"\| .*(`{command}`|all) .*\|", row)]
        assert rows, command
        for action in actions:
            assert f"`{action.partition(':')[2]}`" in part or f"`{action}`" in part, action


# doctor


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without AWS configuration."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
                 "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                 "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def doctor(capsys: Output, *options: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    code = main(["doctor", "--json", *options])
    found: dict[str, list[dict[str, Any]]] = {}
    for each in json.loads(capsys.readouterr().out)["checks"]:
        found.setdefault(each["id"], []).append(each)
    return code, found


def test_a_machine_without_credentials(home: Path, capsys: Output) -> None:
    code, found = doctor(capsys)
    assert code == 1
    assert found["M05"][0]["status"] == "NO"
    assert "aws sso login" in found["M05"][0]["fix"]
    assert found["M06"][0]["status"] == "SKIPPED"
    assert found["M01"][0]["status"] == found["M02"][0]["status"] == "OK"
    assert not list(home.iterdir())  # nothing is written


def test_credentials_are_found_and_not_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAHIDDEN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hidden@proxy")
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert "credentials from the environment (AWS_ACCESS_KEY_ID)" in text
    assert "eu-west-2, from the environment" in text
    assert "HTTPS_PROXY" in text
    assert "idden" not in text.lower().replace("akia", "")


def test_a_profile_gives_credentials_and_region(home: Path, capsys: Output) -> None:
    (home / "config").write_text("[profile prod]\nregion = eu-central-1\n")
    (home / "credentials").write_text("[prod]\naws_access_key_id = A\naws_secret_access_key = s\n")
    code, found = doctor(capsys, "--profile", "prod")
    assert code == 0
    assert found["M05"][0]["reason"] == "profile prod; credentials from the credentials file"
    assert found["M06"][0]["reason"] == "eu-central-1, from the profile"


@pytest.mark.parametrize("config", ["", "no section\n"])
def test_a_profile_that_is_not_there_is_told(home: Path, config: str, capsys: Output) -> None:
    (home / "config").write_text(config)
    code, found = doctor(capsys, "--profile", "prod")
    assert (code, found["M05"][0]["status"]) == (1, "NO")


def test_a_folder_that_is_a_file_is_told(home: Path, capsys: Output) -> None:
    (home / ".cache").write_text("")
    _, found = doctor(capsys)
    first = found["M08"][0]
    assert (first["status"], "cannot be written" in first["reason"]) == ("NO", True)


def test_a_missing_package_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr("camformation.cli.machine.PACKAGES", ("click", "no-such-package"))
    monkeypatch.setattr("camformation.cli.machine.EXTRAS", {"local": ("no-such-package",)})
    _, found = doctor(capsys)
    assert [each["status"] for each in found["M02"]] == ["OK", "NO"]
    assert found["M03"][0]["status"] == "SKIPPED"


@pytest.mark.parametrize(
    ("running", "status"), [((3, 10, 1), "NO"), ((3, 15, 0), "SKIPPED"), ((3, 12, 4), "OK")]
)
def test_pythons_version_is_judged(
    running: tuple[int, ...], status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from camformation.cli import machine

    class Sys:
        version_info, platform = running, "linux"

    monkeypatch.setattr(machine, "sys", Sys)
    (found,) = machine._python()
    assert found.status.value == status
