"""Starting, stopping, keeping and sharing the local target."""

import os
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from camformation.deploy import local
from camformation.deploy.local import lambda_process
from local.cloud import ACCOUNT, REGION, Cloud
from local.templates import data, flat, service


def in_another_process(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def listening() -> set[str]:
    """Addresses this process listens on (Linux only)."""
    inodes = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target.removeprefix("socket:[").removesuffix("]"))
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:  # 0A: LISTEN
                found.add(fields[1].split(":")[0])
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's socket tables")
def test_nothing_but_127_0_0_1_listens(cloud: Cloud) -> None:
    cloud.deploy("demo", flat(data(), service()))
    assert listening() == {"0100007F"}


def test_the_port_does_not_answer_elsewhere(cloud: Cloud) -> None:
    port = int(cloud.target.endpoint_url.rsplit(":", 1)[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", port))  # free, so the target holds 127.0.0.1 alone


def test_the_caller_is_the_account_asked_for(cloud: Cloud) -> None:
    assert cloud.client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_the_state_is_there_in_the_next_run(tmp_path: Path) -> None:
    with local.start(tmp_path, region=REGION, account=ACCOUNT) as target:
        cloud = Cloud(target)
        cloud.deploy("demo", flat(data(), service()))
        outputs = cloud.outputs("demo")
        secret = cloud.client("secretsmanager").get_secret_value(SecretId=outputs["PasswordArn"])
    code = """
        import sys
        from pathlib import Path
        from local.cloud import Cloud
        from camformation.deploy import local
        with local.start(Path(sys.argv[1]), region=sys.argv[2], account=sys.argv[3]) as target:
            cloud = Cloud(target)
            print(sorted(cloud.outputs("demo").items()))
            found = cloud.client("secretsmanager").get_secret_value(SecretId=sys.argv[4])
            print(found["SecretString"])
            print(cloud.delete("demo"))
    """
    run = in_another_process(code, str(tmp_path), REGION, ACCOUNT, outputs["PasswordArn"])
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        str(sorted(outputs.items())),
        secret["SecretString"],
        "DELETE_COMPLETE",
    ]
    assert run.stderr == ""


def test_a_killed_process_loses_no_finished_deployment(tmp_path: Path) -> None:
    code = """
        import os, sys
        from pathlib import Path
        from local.cloud import Cloud
        from local.templates import data, flat, service
        from camformation.deploy import local
        cloud = Cloud(local.start(Path(sys.argv[1]), region=sys.argv[2], account=sys.argv[3]))
        cloud.deploy("demo", flat(data(), service()))
        if sys.argv[4] == "saved":
            import time
            state = Path(sys.argv[1]) / "state" / "cloudformation.json"
            while not state.exists():
                time.sleep(0.01)
            time.sleep(1)
        os._exit(0)
    """
    assert in_another_process(code, str(tmp_path), REGION, ACCOUNT, "saved").returncode == 0
    with local.start(tmp_path, region=REGION, account=ACCOUNT) as target:
        assert Cloud(target).status("demo") == "CREATE_COMPLETE"


def test_an_interrupted_operation_has_failed_in_the_next_run(tmp_path: Path) -> None:
    slow = service()
    slow["Resources"]["SeedFunction"]["Properties"]["Code"]["ZipFile"] = (
        "import time\ndef handler(event, context):\n    time.sleep(600)\n"
    )
    with local.start(tmp_path, region=REGION, account=ACCOUNT) as target:
        cloud = Cloud(target)
        made = cloud.review("demo", flat(data(), slow), "CREATE")
        cloud.cloudformation.execute_change_set(ChangeSetName=made["ChangeSetId"])
        while ("SeedFunction", "CREATE_COMPLETE") not in cloud.events("demo"):
            time.sleep(0.05)
    with local.start(tmp_path, region=REGION, account=ACCOUNT) as target:
        cloud = Cloud(target)
        found = cloud.cloudformation.describe_stacks(StackName="demo")["Stacks"][0]
        assert found["StackStatus"] == "CREATE_FAILED"
        assert "local target ended" in found["StackStatusReason"]
        assert cloud.delete("demo") == "DELETE_COMPLETE"


def test_a_process_killed_in_the_middle_leaves_a_stack_that_says_so(tmp_path: Path) -> None:
    code = """
        import os, sys, time
        from pathlib import Path
        from local.cloud import Cloud
        from local.templates import data, flat, service
        from camformation.deploy import local
        slow = service()
        code = "import time\\ndef handler(event, context):\\n    time.sleep(600)\\n"
        slow["Resources"]["SeedFunction"]["Properties"]["Code"]["ZipFile"] = code
        cloud = Cloud(local.start(Path(sys.argv[1]), region=sys.argv[2], account=sys.argv[3]))
        made = cloud.review("demo", flat(data(), slow), "CREATE")
        cloud.cloudformation.execute_change_set(ChangeSetName=made["ChangeSetId"])
        while ("SeedFunction", "CREATE_COMPLETE") not in cloud.events("demo"):
            time.sleep(0.05)
        os._exit(0)
    """
    assert in_another_process(code, str(tmp_path), REGION, ACCOUNT).returncode == 0
    with local.start(tmp_path, region=REGION, account=ACCOUNT) as target:
        cloud = Cloud(target)
        found = cloud.cloudformation.describe_stacks(StackName="demo")["Stacks"][0]
        assert found["StackStatus"] == "CREATE_FAILED"
        assert "local target ended" in found["StackStatusReason"]
        assert cloud.delete("demo") == "DELETE_COMPLETE"


def test_no_function_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    code = """
        import os, sys, time
        from pathlib import Path
        from local.cloud import Cloud
        from local.templates import data, flat, service
        from camformation.deploy import local
        from camformation.deploy.local import lambda_process
        slow = service()
        code = "import time\\ndef handler(event, context):\\n    time.sleep(600)\\n"
        slow["Resources"]["SeedFunction"]["Properties"]["Code"]["ZipFile"] = code
        cloud = Cloud(local.start(Path(sys.argv[1]), region=sys.argv[2], account=sys.argv[3]))
        made = cloud.review("demo", flat(data(), slow), "CREATE")
        cloud.cloudformation.execute_change_set(ChangeSetName=made["ChangeSetId"])
        while not lambda_process._started:
            time.sleep(0.05)
        time.sleep(1)
        print(lambda_process._started[0].pid, flush=True)
        os._exit(0)
    """
    run = in_another_process(code, str(tmp_path), REGION, ACCOUNT)
    assert run.returncode == 0, run.stderr
    for _ in range(100):
        try:
            os.kill(int(run.stdout), 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("the function still runs")


def test_a_second_run_joins_the_first(cloud: Cloud) -> None:
    state = cloud.target.state_dir
    with local.start(state, region=REGION, account=ACCOUNT) as second:
        assert second.endpoint_url == cloud.target.endpoint_url
        assert (cloud.target.owned, second.owned) == (True, False)
    assert cloud.client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_a_second_process_joins_the_first(cloud: Cloud) -> None:
    cloud.deploy("demo", flat(data(), service()))
    code = """
        import sys
        from pathlib import Path
        from local.cloud import Cloud
        from camformation.deploy import local
        with local.start(Path(sys.argv[1]), region=sys.argv[2], account=sys.argv[3]) as target:
            print(Cloud(target).status("demo"))
    """
    run = in_another_process(code, str(cloud.target.state_dir), REGION, ACCOUNT)
    assert run.stdout.strip() == "CREATE_COMPLETE", run.stderr
    assert cloud.status("demo") == "CREATE_COMPLETE"


def test_another_process_can_serve_another_state(cloud: Cloud, tmp_path: Path) -> None:
    cloud.deploy("demo", flat(data(), service()))
    code = """
        import sys
        from pathlib import Path
        from local.cloud import Cloud
        from camformation.deploy import local
        with local.start(Path(sys.argv[1]), region=sys.argv[2], account=sys.argv[3]) as target:
            print(target.endpoint_url, repr(Cloud(target).status("demo")))
    """
    run = in_another_process(code, str(tmp_path / "other"), REGION, ACCOUNT)
    url, status = run.stdout.split()
    assert (url != cloud.target.endpoint_url, status) == (True, "''")


def test_one_process_serves_one_state(cloud: Cloud, tmp_path: Path) -> None:
    with pytest.raises(local.LocalTargetFailed, match="already serves"):
        local.start(tmp_path / "other")


def test_nothing_is_written_outside_the_state_folder(tmp_path: Path) -> None:
    code = """
        import sys
        from pathlib import Path
        written = []
        def watch(event, arguments):
            if event == "open" and isinstance(arguments[0], str):
                mode, flags = arguments[1], arguments[2] or 0
                if mode and set(mode) & set("wax+") or flags & 3:
                    written.append(arguments[0])
            elif event in ("os.mkdir", "os.rename", "tempfile.mkdtemp"):
                written.append(str(arguments[0]))
        sys.dont_write_bytecode = True
        sys.addaudithook(watch)
        from local.cloud import Cloud
        from local.templates import data, flat, service
        from camformation.deploy import local
        with local.start(Path(sys.argv[1]), region=sys.argv[2], account=sys.argv[3]) as target:
            cloud = Cloud(target)
            assert cloud.deploy("demo", flat(data(), service())) == "CREATE_COMPLETE"
            assert cloud.delete("demo") == "DELETE_COMPLETE"
        outside = [p for p in written if not p.startswith((sys.argv[1], "/dev/null"))]
        print(sorted(set(outside)))
    """
    run = in_another_process(code, str(tmp_path / "state"), REGION, ACCOUNT)
    assert run.stdout.strip() == "[]", run.stdout + run.stderr


def test_the_environment_is_put_back(tmp_path: Path) -> None:
    before = dict(os.environ)
    with local.start(tmp_path):
        assert os.environ["BIND_HOST"] == "127.0.0.1"
    assert dict(os.environ) == before


def test_ctrl_c_does_not_reach_the_functions(cloud: Cloud) -> None:
    assert cloud.deploy("demo", flat(data(), service())) == "CREATE_COMPLETE"
    assert lambda_process._started
    for function in lambda_process._started:
        assert os.getsid(function.pid) != os.getsid(0)


def test_a_folder_that_takes_no_more_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):  # it writes a file too
        monkeypatch.delenv(name, raising=False)
    code = """
        import resource, sys
        from camformation.cli.main import main
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
        sys.exit(main(["deploy", sys.argv[1], "--yes", "--quiet", "--local-state", sys.argv[2]]))
    """
    (tmp_path / "camunda.yaml").write_text("name: camunda\n")
    for size in ("0", "60000"):
        folder = tmp_path / f"state{size}"
        run = in_another_process(code, str(tmp_path / "camunda.yaml"), str(folder), size)
        assert run.returncode == 1
        assert run.stderr.count("CAM614") == 1, run.stderr
        assert "cannot write" in run.stderr or "cannot use" in run.stderr
        assert "Traceback" not in run.stderr + run.stdout
        assert "Logging error" not in run.stderr


def test_it_starts_at_once(tmp_path: Path) -> None:
    code = """
        import sys, time
        from pathlib import Path
        from camformation.deploy import local
        begun = time.monotonic()
        with local.start(Path(sys.argv[1])):
            print(time.monotonic() - begun)
    """
    run = in_another_process(code, str(tmp_path))
    assert float(run.stdout) < 5, "under a second on a quiet machine"


@pytest.mark.parametrize(
    "damaged", [b"\xff\xfe{", b"{", b"[" * 100_000], ids=["bytes", "cut", "deep"]
)
def test_damaged_state_is_told_and_not_written_over(tmp_path: Path, damaged: bytes) -> None:
    kept = tmp_path / "state" / "state" / "sns.json"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(damaged)
    with pytest.raises(local.LocalTargetFailed, match=r"sns\.json is damaged") as found:
        local.start(tmp_path / "state", region="eu-west-2")
    assert "delete the folder" in found.value.hint and "--local-state" in found.value.hint
    assert kept.read_bytes() == damaged


def test_state_of_earlier_versions_is_closed_to_others(tmp_path: Path) -> None:
    kept = tmp_path / "state" / "state" / "sns.json"
    kept.parent.mkdir(parents=True, mode=0o755)
    kept.write_text("{}")
    kept.chmod(0o644)
    with local.start(tmp_path / "state", region="eu-west-2"):
        modes = [(tmp_path / "state" / name).stat().st_mode & 0o077 for name in ("state", "s3")]
    assert modes == [0, 0]
