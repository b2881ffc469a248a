"""The command: exit codes, formats, several specs, and nothing half-done."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from camformation import __version__
from camformation.assets import asset
from camformation.cli.command_groups import Commands
from camformation.cli.main import COMMANDS, main, root

SOUND = "name: camunda\nprofile: development\naccess: {allowed_cidrs: [203.0.113.7/32]}\n"
WRONG = "name: camunda\norchestration: {brokers: many}\n"
Output = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder with a sound and a wrong spec."""
    monkeypatch.chdir(tmp_path)
    Path("sound.yaml").write_text(SOUND)
    Path("wrong.yaml").write_text(WRONG)
    Path("other.yaml").write_text(SOUND.replace("camunda", "other"))
    return tmp_path


def run(
    *arguments: str, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "camformation", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


def test_compile_writes_to_out_and_the_name(home: Path, capsys: Output) -> None:
    assert main(["compile", "sound.yaml"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("camunda: ") and "nested stacks -> out/camunda (" in out
    assert (home / "out/camunda/root.template.json").is_file()
    assert main(["compile", "sound.yaml"]) == 0
    assert "(unchanged)" in capsys.readouterr().out


def test_compile_flat_to_a_folder(home: Path) -> None:
    assert main(["compile", "sound.yaml", "--layout", "flat", "--out", "here"]) == 0
    assert {path.name for path in Path("here").iterdir()} == {"root.template.json", "manifest.json"}


def test_compile_several(home: Path) -> None:
    assert main(["compile", "sound.yaml", "other.yaml", "--out", "all"]) == 0
    assert {path.name for path in Path("all").iterdir()} == {"camunda", "other"}


def test_compile_the_same_spec_twice(home: Path, capsys: Output) -> None:
    assert main(["compile", "sound.yaml", "sound.yaml"]) == 0
    assert capsys.readouterr().out.count("camunda:") == 1


def test_nothing_is_written_where_one_spec_is_not_sound(home: Path, capsys: Output) -> None:
    before = sorted(home.iterdir())
    for specs in (["wrong.yaml", "sound.yaml"], ["sound.yaml", "wrong.yaml"]):
        assert main(["compile", *specs, "--out", "all/of/them"]) == 1
        output = capsys.readouterr()
        assert "wrong.yaml:2:26: CAM010" in output.err and output.out == ""
        assert "\n    2 | " in output.err, "its lines are forgotten with those of the sound one"
        assert sorted(home.iterdir()) == before


def test_specs_of_one_name_are_refused(home: Path, capsys: Output) -> None:
    Path("again.yaml").write_text(SOUND)
    assert main(["compile", "sound.yaml", "again.yaml"]) == 1
    assert "CAM032 sound.yaml also has the name 'camunda'" in capsys.readouterr().err
    assert not Path("out").exists()


def test_files_that_are_no_plan_and_no_base(home: Path, capsys: Output) -> None:
    Path("plan.json").write_text('{"version": 0}')
    assert main(["deploy", "sound.yaml", "--yes", "--plan", "plan.json"]) == 1
    assert "CAM618 plan.json is not a plan: " in capsys.readouterr().err
    Path("base").mkdir()
    assert main(["plan", "sound.yaml", "--offline", "--base", "base"]) == 1
    assert (
        "CAM619 base is not a compiled folder: it has no root.template.json\n"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("command", ["validate", "compile", "show", "lint"])
def test_a_wrong_spec_fails_every_command(command: str, home: Path, capsys: Output) -> None:
    assert main([command, "wrong.yaml"]) == 1
    output = capsys.readouterr()
    assert output.out == "" and output.err.endswith("1 error\n")


@pytest.mark.parametrize("command", ["validate", "compile", "show", "lint"])
def test_findings_for_machines_are_on_standard_output(
    command: str, home: Path, capsys: Output
) -> None:
    assert main([command, "wrong.yaml", "--format", "json"]) == 1
    output = capsys.readouterr()
    (found,) = json.loads(output.out)["diagnostics"]
    assert (found["code"], found["line"], found["column"]) == ("CAM010", 2, 26)
    assert output.err == ""
    assert main([command, "wrong.yaml", "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=wrong.yaml,line=2,col=26,")
    assert main([command, "wrong.yaml", "--format", "sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["runs"][0]["results"][0]["ruleId"] == "CAM010"


def test_compile_as_json_tells_what_was_written(home: Path, capsys: Output) -> None:
    assert main(["compile", "sound.yaml", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    (compiled,) = data["compiled"]
    assert compiled["folder"] == "out/camunda" and "root.template.json" in compiled["changed"]


def test_sarif_of_a_compilation_is_nothing_but_sarif(home: Path, capsys: Output) -> None:
    assert main(["compile", "sound.yaml", "--format", "sarif"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"


def test_validate_writes_nothing(home: Path, capsys: Output) -> None:
    assert main(["validate", "sound.yaml", "other.yaml"]) == 0
    assert "sound.yaml: sound\nother.yaml: sound\n" in capsys.readouterr().out
    assert not Path("out").exists()


def test_strict_turns_warnings_into_failure(home: Path, capsys: Output) -> None:
    reason = "a reason of ten characters"
    spec = SOUND + f"ignore: [{{rule: CAM101, reason: {reason}}}]\n"
    Path("sound.yaml").write_text(spec)
    assert main(["validate", "sound.yaml"]) == 0
    assert "CAM021 warning: " in capsys.readouterr().err
    for command in ("validate", "compile", "lint", "show"):
        assert main([command, "sound.yaml", "--strict"]) == 1
        said = capsys.readouterr().err.splitlines()
        assert said[-1] == "1 warning, which --strict treats as an error", said
    assert main(["validate", "sound.yaml", "--strict", "--set", "region=eu-wset-2"]) == 1
    assert "1 error, 1 warning, which" in capsys.readouterr().err
    assert not Path("out").exists()


def test_settings_change_the_spec(home: Path, capsys: Output) -> None:
    assert main(["show", "sound.yaml", "--set", "name=else", "--set", "region=eu-west-1"]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert (shown["name"], shown["region"]) == ("else", "eu-west-1")
    assert main(["validate", "sound.yaml", "--set", "orchestration.cpu=5"]) == 1
    said = capsys.readouterr().err
    assert "--set orchestration.cpu=5: CAM010" in said
    source, caret = said.splitlines()[1:3]
    assert source[caret.index("^")] == "5"


def test_show_as_json_has_origins(home: Path, capsys: Output) -> None:
    assert main(["show", "sound.yaml", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["origins"]["profile"] == "sound.yaml:2:10"


USAGE = [
    ["compil", "sound.yaml"],
    ["compile"],
    ["compile", "--nope", "sound.yaml"],
    ["compile", "sound.yaml", "--layout", "round"],
    ["validate", "sound.yaml", "--format", "xml"],
    ["show", "sound.yaml", "other.yaml"],
    ["completion", "tcsh"],
    ["init", "sound.yaml"],
]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_wrong_usage_exits_with_1(arguments: list[str], home: Path, capsys: Output) -> None:
    assert main(arguments) == 1
    output = capsys.readouterr()
    assert "Error: " in output.err and output.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["complie"], "There is no command 'complie'. Did you mean 'compile'?\n"),
        (["x"], "There is no command 'x'.\n"),
        (["help"], "Did you mean '--help'?\n"),
        (["help", "plan"], "Did you mean 'plan --help'?\n"),
        (["fleet", "help"], "Did you mean 'fleet --help'?\n"),
        (["scale", "x", "partitions", "all"], "'all' is not a valid whole number.\n"),
        (["stackset", "exprot"], "'stackset exprot'. Did you mean 'stackset export'?\n"),
        (["stackset", "x"], "Try 'camformation stackset --help' for help.\n"),
    ],
)
def test_misspelt_command_gets_a_suggestion(
    arguments: list[str], words: str, capsys: Output
) -> None:
    assert main(arguments) == 1
    assert words in capsys.readouterr().err


def test_folder_that_cannot_be_written(home: Path, capsys: Output) -> None:
    Path("file").write_text("")
    assert main(["compile", "sound.yaml", "--out", "file/out"]) == 1
    assert "CAM031" in capsys.readouterr().err


def test_folder_of_another_deployment(home: Path, capsys: Output) -> None:
    assert main(["compile", "other.yaml", "--out", "here"]) == 0
    assert main(["compile", "sound.yaml", "--out", "here"]) == 1
    assert "CAM030" in capsys.readouterr().err
    assert json.loads(Path("here/manifest.json").read_text())["name"] == "other"


def groups() -> Iterator[tuple[str, ...]]:
    """Yield the words of every group of commands."""
    for name in COMMANDS:
        command = root.get_command(click.Context(root), name)
        if isinstance(command, click.Group):
            yield (name,)


def named(group: tuple[str, ...]) -> Commands:
    """Return a group, by its words."""
    found: click.Command | None = root
    for word in group:
        assert isinstance(found, Commands)
        found = found.get_command(click.Context(found), word)
    assert isinstance(found, Commands)
    return found


GROUPS = [(), *groups()]
each_group = pytest.mark.parametrize("group", GROUPS, ids=lambda words: " ".join(words) or "root")


def test_there_are_groups() -> None:
    assert ("stackset",) in GROUPS


@pytest.mark.parametrize(
    "words", [(*group, name) for group in GROUPS for name in named(group).entries], ids=" ".join
)
def test_every_command_has_help(words: tuple[str, ...], capsys: Output) -> None:
    assert main([*words, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: camformation {' '.join(words)} ")


@each_group
def test_commands_are_listed_and_completed_without_being_imported(group: tuple[str, ...]) -> None:
    script = (
        "import sys; from camformation.cli.main import main; code = main(sys.argv[1:]); "
        "print('MODULES', *sys.modules); sys.exit(code)"
    )
    modules = {
        f"camformation.cli.commands.{entry.module}" for entry in named(group).entries.values()
    }
    complete = {
        "_CAMFORMATION_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["camformation", *group, ""]),
        "COMP_CWORD": str(len(group) + 1),
    }
    for arguments, environment in [([*group, "--help"], {}), ([], complete)]:
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        shown, _, loaded = done.stdout.partition("MODULES")
        assert (
            set(re.findall(r"^(?:  |plain,)([\w-]+)", shown, re.M)) >= named(group).entries.keys()
        )
        assert not modules & set(loaded.split())


def test_help_lists_every_command(capsys: Output) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in COMMANDS)
    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str, capsys: Output) -> None:
    assert main(["completion", shell]) == 0
    assert "_CAMFORMATION_COMPLETE" in capsys.readouterr().out


COMPLETED = [
    ("comp", {"compile", "completion"}),
    ("--v", {"--version"}),
    ("stackset ex", {"export"}),
    ("stackset export --lay", {"--layout"}),
    ("stackset export --layout f", {"flat"}),
    ("stackset typo nes", set()),
    ("explain orchestration.bro", {"orchestration.brokers"}),
    ("explain flee", {"fleet"}),
    ("explain cam60", {f"CAM60{digit}" for digit in range(1, 10)}),
    ("typo plan --o", set()),
    ("logs camunda --service con", {"connectors"}),
    ("exec camunda orch", {"orchestration"}),
    ("restart camunda connectors orch", {"orchestration"}),
    ("rotate camunda c", {"connectors", "connectors-client", "cluster-admin"}),
    ("prices eu-west-1 eu-west-", {f"eu-west-{number}" for number in range(1, 4)}),
    ("plan --region us-gov-", {"us-gov-east-1", "us-gov-west-1"}),
]


@pytest.mark.parametrize(("words", "found"), COMPLETED, ids=[words for words, _ in COMPLETED])
def test_completion_works(words: str, found: set[str]) -> None:
    done = run(
        _CAMFORMATION_COMPLETE="bash_complete",
        COMP_WORDS=f"camformation {words}",
        COMP_CWORD=str(len(words.split())),
    )
    completed = [line for line in done.stdout.splitlines() if line]  # click ends with an empty one
    assert {line.partition(",")[2] for line in completed} == found
    assert done.stderr == ""


def offered(words: str, cwd: Path, shell: str = "bash") -> list[str]:
    """Return what completes words, the last of which is begun."""
    done = run(
        _CAMFORMATION_COMPLETE=f"{shell}_complete",
        COMP_WORDS=f"camformation {words}",
        COMP_CWORD=str(len(f"camformation {words}.".split()) - 1),
        cwd=cwd,
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


FILES_EXPECTED = [
    *("validate ", "compile ", "lint ", "show ", "plan ", "deploy ", "diff ", "plan --base "),
    *("stackset export ", "stackset export --fleet ", "fleet plan ", "fleet deploy ", "compile s"),
    *(
        "fleet import ",
        "deploy --plan ",
        "plan --out ",
        "timeline --html ",
        "fleet import --stacks ",
    ),
]


@pytest.mark.parametrize("words", FILES_EXPECTED)
def test_files_are_offered(words: str, home: Path) -> None:
    assert [line.partition(",")[0] for line in offered(words, home)] == ["file"]


SUBJECTS = ["outputs", "password", "watch", "timeline", "drift", "destroy"]


@pytest.mark.parametrize("command", SUBJECTS)
def test_deployments_are_offered_from_specs_at_hand(command: str, home: Path) -> None:
    Path("own.yaml").write_text("stack:\n  # its own\n  name: camunda-stack\nname: other\n")
    Path("flow.yml").write_text("name: flow\nstack: {tags: {}, name: flow-stack}\n")
    Path("broken.yaml").write_bytes(b"\xff: [")
    found = offered(f"{command} camunda-", home)
    assert "file,camunda-" in found and "plain,camunda-stack" in found
    assert "plain,flow-stack" in offered(f"{command} ", home)
    assert "plain,own.yaml" in offered(f"{command} o", home)
    assert not [line for line in offered(f"{command} o", home, "zsh") if "own.yaml" in line]


FIELDS = [
    ("orch", ["plain,orchestration."]),
    ("orchestration.bro", ["plain,orchestration.brokers="]),
    ("access.tls.hostn", ["plain,access.tls.hostname="]),
    ("profile=d", ["plain,profile=development"]),
    ("connectors.enabled=", ["plain,connectors.enabled=true", "plain,connectors.enabled=false"]),
    ("no.such", []),
    ("name.x", []),
]


@pytest.mark.parametrize(("begun", "expected"), FIELDS)
def test_fields_are_offered_for_set(begun: str, expected: list[str], home: Path) -> None:
    assert offered(f"compile --set {begun}", home) == expected


def test_zsh_gets_files_last(home: Path) -> None:
    # an item without a word, as that of files is, shifts what follows in click's script for zsh
    shown = offered("outputs ", home, "zsh")
    assert shown[-2:] == ["file", "_"] and "other" in shown, shown


BASH = """
compopt() { echo "compopt $*"; }
eval "$(camformation completion bash)"
COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
_camformation_completion camformation
printf '%s\\n' "${COMPREPLY[@]}"
"""
IN_BASH = {
    "camformation comp": "compile\ncompletion\n",
    "camformation plan --set orch": "compopt -o nospace\norchestration.\n",
    "camformation plan --set profile=dev": "development\n",
    "camformation plan --set profile=development --form": "--format\n",
    "camformation plan --set a=b ": "compopt -o default\n\n",
    "camformation compile --out ": "compopt -o dirnames\n\n",
    "camformation outputs s": "compopt -o default\nsound.yaml\n",
    "camformation outputs c": "compopt -o default\ncamunda\n",
}


@pytest.mark.parametrize("line", IN_BASH)
def test_bash_completes(line: str, tmp_path: Path, home: Path) -> None:
    command = tmp_path / "bin" / "camformation"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m camformation "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", line],
        env=os.environ
        | {
            "PATH": f"{command.parent}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == (IN_BASH[line], "")


def test_zsh_puts_no_space_after_what_goes_on(capsys: Output) -> None:
    assert main(["completion", "zsh"]) == 0
    script = capsys.readouterr().out
    assert script.count('begun+=("$key")') == 2 and "compadd -U -S ''" in script
    assert "response begun" in script


def test_schema_is_printed(capsys: Output) -> None:
    assert main(["schema"]) == 0
    assert "$schema" in json.loads(capsys.readouterr().out)
    assert main(["schema", "--path"]) == 0
    assert Path(capsys.readouterr().out.strip()) == asset("schemas", "deployment.schema.json")
    assert main(["schema", "fleet"]) == 0
    assert "waves" in json.loads(capsys.readouterr().out)["properties"]
    assert main(["schema", "fleet", "--path"]) == 0
    assert Path(capsys.readouterr().out.strip()) == asset("schemas", "fleet.schema.json")
    assert main(["schema", "stack"]) == 1
    assert "'deployment', 'fleet'" in capsys.readouterr().err


def test_process_ends_with_the_exit_code_and_no_traceback(home: Path) -> None:
    assert run("validate", "sound.yaml", cwd=home).returncode == 0
    failed = run("validate", "wrong.yaml", "none.yaml", cwd=home)
    assert failed.returncode == 1 and "2 errors" in failed.stderr
    assert "Traceback" not in failed.stderr and "\x1b" not in failed.stderr


def test_interrupt_of_the_start_is_no_traceback(tmp_path: Path) -> None:
    """Ctrl-C arrives while click is imported."""
    (tmp_path / "click").mkdir()
    (tmp_path / "click" / "__init__.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(30)\n"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = run("--version", PYTHONPATH=path)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_reader_that_goes_away_is_no_error(home: Path) -> None:
    command = f"{sys.executable} -m camformation show sound.yaml"
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -c 1"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        timeout=60,
    )
    assert done.stderr == b"" and len(done.stdout) == 1


def on_terminal(
    arguments: list[str], answers: str, cwd: Path, **environment: str
) -> tuple[int, str]:
    """Run the command on a terminal of its own; return its exit code and what it showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        path = os.pathsep.join(filter(None, sys.path))
        variables = {**os.environ, "PYTHONPATH": path, "TERM": "xterm", **environment}
        os.execve(sys.executable, [sys.executable, "-m", "camformation", *arguments], variables)
    os.write(terminal, answers.encode())
    shown = b""
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:  # how Linux says that the other side is closed
            break
        if not data:
            break
        shown += data
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_colour_on_a_terminal_unless_refused(home: Path) -> None:
    code, shown = on_terminal(["validate", "wrong.yaml"], "", home, NO_COLOR="")
    assert code == 1 and "\x1b[31mCAM010" in shown
    code, shown = on_terminal(["validate", "wrong.yaml"], "", home, NO_COLOR="1")
    assert code == 1 and "CAM010" in shown and "\x1b[31m" not in shown
    for refused in ("", "1"):  # a plan colours its lines itself
        _, shown = on_terminal(["plan", "sound.yaml", "--offline"], "", home, NO_COLOR=refused)
        assert "Plan: " in shown and ("\x1b[" in shown) is (not refused), shown


def test_init_asks_on_a_terminal(home: Path) -> None:
    answers = "my-camunda\nproduction\neu-west-1\n\n203.0.113.0/24\n"
    answers += "camunda.example.com\n\nZ0123456789EXAMPLE\n"
    code, shown = on_terminal(["init", "new.yaml"], answers, home)
    assert code == 0, shown
    written = yaml.safe_load(Path("new.yaml").read_text())
    assert written["name"] == "my-camunda" and written["profile"] == "production"
    assert written["region"] == "eu-west-1"
    assert written["access"]["allowed_cidrs"] == ["203.0.113.0/24"]
    assert written["access"]["tls"]["hosted_zone_id"] == "Z0123456789EXAMPLE"


def test_init_asks_again_where_an_answer_is_wrong(home: Path) -> None:
    answers = [
        *("My Camunda", "a: b", "my-camunda", "prod", "production", "eu-west", "eu-west-1"),
        *("vpc", "vpc-0a1b2c3d4e5f60718", "", "10.20.0.0/40", "10.20.0.0/16"),
        *("subnet-0a1b2c3d4e5f60001, subnet-1", ""),
        "subnet-0a1b2c3d4e5f60001 subnet-0a1b2c3d4e5f60002 subnet-0a1b2c3d4e5f60003",
        "subnet-0a1b2c3d4e5f60004,subnet-0a1b2c3d4e5f60005,subnet-0a1b2c3d4e5f60006",
        *("", "203.0.113.7", "203.0.113.7/24", "203.0.113.0/24"),
        *("", "https://camunda.example.com", "camunda.example.com"),
        *("arn:aws:iam::1:role/x", "", "", "zone", "Z0123456789EXAMPLE"),
    ]
    code, shown = on_terminal(["init", "new.yaml"], "\n".join([*answers, ""]), home)
    assert code == 0, shown
    written = yaml.safe_load(Path("new.yaml").read_text())
    assert written["name"] == "my-camunda" and written["region"] == "eu-west-1"
    assert written["network"]["existing"]["cidr"] == "10.20.0.0/16"
    assert len(written["network"]["existing"]["private_subnet_ids"]) == 3
    assert len(written["network"]["existing"]["public_subnet_ids"]) == 3
    assert written["access"]["allowed_cidrs"] == ["203.0.113.0/24"]
    assert written["access"]["tls"] == {
        "hostname": "camunda.example.com",
        "hosted_zone_id": "Z0123456789EXAMPLE",
    }
    assert main(["validate", "new.yaml"]) == 0


def test_init_says_what_access_for_everybody_means(home: Path, capsys: Output) -> None:
    answers = "\n\n\n\n\n\nn\n203.0.113.0/24\n"
    code, shown = on_terminal(["init", "new.yaml"], answers, home)
    assert code == 0 and "the whole internet (0.0.0.0/0) over plain HTTP" in shown, shown
    written = yaml.safe_load(Path("new.yaml").read_text())
    assert written["access"]["allowed_cidrs"] == ["203.0.113.0/24"]
    code, shown = on_terminal(["init", "open.yaml"], "\n\n\n\n\n\ny\n", home)
    assert code == 0 and "access" not in yaml.safe_load(Path("open.yaml").read_text())

    assert main(["init", "quiet.yaml", "--yes"]) == 0
    assert "cross the network unencrypted" in capsys.readouterr().err
    assert main(["init", "own.yaml", "--yes", "--allowed-cidrs", "203.0.113.0/24"]) == 0
    assert "unencrypted" not in capsys.readouterr().err


DROPPED = {
    "--hosted-zone-id Z0123456789EXAMPLE": "--hosted-zone-id needs --hostname",
    "--certificate-arn arn:aws:acm:eu-west-2:111122223333:certificate/1": "needs --hostname",
    "--hostname camunda.example.com": "needs --certificate-arn or --hosted-zone-id",
    "--vpc-cidr 10.0.0.0/16": "--vpc-cidr needs --vpc-id",
    "--private-subnet-ids subnet-0a1b2c3d4e5f60001": "--private-subnet-ids needs --vpc-id",
    "--public-subnet-ids subnet-0a1b2c3d4e5f60001": "--public-subnet-ids needs --vpc-id",
    "--vpc-id vpc-0a1b2c3d4e5f60718": "--vpc-id needs --vpc-cidr",
    "--vpc-id vpc-0a1b2c3d4e5f60718 --vpc-cidr 10.0.0.0/16": "--vpc-id needs --private-subnet-ids",
    "--hostname=": "--hostname is empty: give a value, or leave it out",
    "--name=": "--name is empty",
    "--region=": "--region is empty",
    "--vpc-id=": "--vpc-id is empty",
    "--allowed-cidrs=,": "--allowed-cidrs is empty",
    "--profile production": "nothing was written; give --allowed-cidrs and --hostname",
}


@pytest.mark.parametrize("flags", DROPPED)
def test_init_drops_no_flag(flags: str, home: Path, capsys: Output) -> None:
    assert main(["init", "new.yaml", "--yes", *flags.split()]) == 1
    assert DROPPED[flags] in capsys.readouterr().err
    assert not Path("new.yaml").exists()


FLAGS = [
    [],
    ["--profile", "reference", "--region", "eu-west-2"],
    [
        *("--name", "prod", "--profile", "production"),
        *("--allowed-cidrs", "10.0.0.0/8, 192.0.2.1/32"),
        *("--hostname", "camunda.example.com", "--hosted-zone-id", "Z0123456789EXAMPLE"),
    ],
    [
        *("--vpc-id", "vpc-0a1b2c3d4e5f60718", "--vpc-cidr", "10.20.0.0/16"),
        *("--private-subnet-ids", "subnet-0a1b2c3d4e5f60001,subnet-0a1b2c3d4e5f60002"),
        *("--public-subnet-ids", "subnet-0a1b2c3d4e5f60003,subnet-0a1b2c3d4e5f60004"),
    ],
    [
        *("--vpc-cidr", "10.20.0.0/16", "--vpc-id", "vpc-0a1b2c3d4e5f60718"),
        *("--private-subnet-ids", "subnet-0a1b2c3d4e5f60001,subnet-0a1b2c3d4e5f60002"),
    ],
]


@pytest.mark.parametrize("flags", FLAGS, ids=[" ".join(flags)[:40] for flags in FLAGS])
def test_init_writes_a_spec_that_compiles(flags: list[str], home: Path, capsys: Output) -> None:
    assert main(["init", "new/spec.yaml", "--yes", *flags]) == 0
    assert "next: camformation plan new/spec.yaml (add --local" in capsys.readouterr().out
    text = Path("new/spec.yaml").read_text()
    first, schema = text.splitlines()[0].split("$schema=")
    assert first == "# yaml-language-server: "
    assert (Path("new") / schema).read_bytes() == asset("schemas", schema).read_bytes()
    assert main(["compile", "new/spec.yaml"]) == 0


NO_SPEC = [
    (["--name", "Not A Name"], "--name: CAM010 "),
    (["--name", "a: b"], "--name: CAM001 "),
    (["--vpc-id", "vpc-1"], "--vpc-id needs"),
    (["--allowed-cidrs", "192.0.2.0/24,203.0.113.0/33"], "--allowed-cidrs: CAM010 "),
    (
        [
            *("--vpc-id", "vpc-0a1b2c3d4e5f60718", "--vpc-cidr", "10.0.0.0/99"),
            *("--private-subnet-ids", "subnet-0a1b2c3d4e5f60001,subnet-0a1b2c3d4e5f60002"),
        ],
        "--vpc-cidr: CAM010 ",
    ),
    (
        ["--profile", "production", "--allowed-cidrs", "203.0.113.0/24"],
        "--hostname: CAM175 production needs TLS",
    ),
]


@pytest.mark.parametrize(("flags", "said"), NO_SPEC, ids=[said for _, said in NO_SPEC])
def test_init_with_answers_that_make_no_spec(
    flags: list[str], said: str, home: Path, capsys: Output
) -> None:
    """What is wrong is shown at its flag: the file is not there, and has no lines."""
    assert main(["init", "new.yaml", "--yes", *flags]) == 1
    shown = capsys.readouterr().err
    assert said in shown and "nothing was written" in shown and "new.yaml:" not in shown
    assert not Path("new.yaml").exists() and not Path("deployment.schema.json").exists()


def test_init_says_that_it_does_not_ask(home: Path, capsys: Output) -> None:
    assert main(["init", "new.yaml"]) == 0
    assert "there is no terminal to ask on" in capsys.readouterr().err
    assert main(["init", "other-new.yaml", "--yes", "--allowed-cidrs", "::/0"]) == 0
    shown = capsys.readouterr().err
    assert "no terminal" not in shown and "0.0.0.0/0" not in shown, shown  # no IPv6: nobody comes
    assert main(["init", "-", "--yes"]) == 1
    assert "FILE is a file to write, such as camunda.yaml" in capsys.readouterr().err


INSTEAD = {
    "": "hint: the path is empty: is a variable not set?",
    "-": "hint: to read standard input, name /dev/stdin",
    "sound": "hint: did you mean sound.yaml?",
    "sound.yml": "hint: did you mean sound.yaml?",
    "nowhere.yaml": "hint: write one with `camformation init`",
    "camunda-prod": "hint: name the file of a spec, not a stack; `camformation init`",
    "folder": "hint: name the spec in it",
    "deployments": "hint: did you mean deployments/camunda.yaml?",
}


def test_a_spec_that_cannot_be_read_names_another(home: Path, capsys: Output) -> None:
    Path("folder").mkdir()
    Path("deployments").mkdir()
    Path("deployments/camunda.yaml").write_text(SOUND)
    for spec, words in INSTEAD.items():
        assert main(["validate", spec]) == 1
        assert words in capsys.readouterr().err, spec
    Path("base.yaml").write_text("name: base\nextends: nowhere.yaml\n")
    assert main(["validate", "base.yaml"]) == 1
    assert "hint: the path is relative to base.yaml" in capsys.readouterr().err


def test_errors_are_data_too(home: Path, capsys: Output) -> None:
    assert main(["plan", "nowhere.yaml", "--local", "--json"]) == 1
    told = capsys.readouterr()
    assert "CAM003" in told.err and json.loads(told.out)["diagnostics"][0]["code"] == "CAM003"
    state = ["--local-state", str(home / "state")]
    for words in (["outputs", "nobody", *state], ["status", "nobody", *state]):
        assert main([*words, "--json"]) == 1
        told = capsys.readouterr()
        error = json.loads(told.out)["error"]
        assert error["code"] in told.err and error["message"] in told.err and error["hint"]
        assert main(words) == 1
        assert capsys.readouterr().out == ""


def test_a_missing_spec_is_named(
    home: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["deploy"]) == 1
    assert "Missing argument 'SPEC'.\nHere: other.yaml, sound.yaml" in capsys.readouterr().err
    (home / "none").mkdir()
    monkeypatch.chdir(home / "none")
    assert main(["status"]) == 1
    assert "`camformation init` writes a spec." in capsys.readouterr().err


def test_init_replaces_nothing_unasked(home: Path, capsys: Output) -> None:
    assert main(["init", "sound.yaml", "--yes"]) == 1
    assert Path("sound.yaml").read_text() == SOUND
    assert main(["init", "sound.yaml", "--yes", "--force"]) == 0
    assert Path("sound.yaml").read_text() != SOUND
