"""Whatever lies where a file is read: a message, soon, and nothing written."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from camformation import lint, reading
from camformation.cli.main import main
from camformation.cli.plans import offline_plan, rendered
from camformation.diagnostics import Severity
from camformation.linting import Match
from camformation.pipeline import compile_spec
from camformation.user_cache import cache_folder

Output = pytest.CaptureFixture[str]
SPEC = (
    "name: camunda\nprofile: development\naccess: {allowed_cidrs: [203.0.113.7/32]}\n"
    "parameters: {VpcCidr: network.cidr}\n"
)
FLEET = """\
name: camunda
spec: spec.yaml
region: eu-west-2
cidrs: {VpcCidr: {pool: 10.0.0.0/8, prefix_length: 16}}
waves:
  - name: all
    targets: [{accounts: ["222233334444"], regions: [eu-west-2]}]
"""


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def folder(path: Path) -> None:
    path.mkdir()


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def named_pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def bound_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path is at most 107 bytes long
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


def huge(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(reading.MAX_BYTES + 2)


def unreadable(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0)


def holding(content: bytes) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.write_bytes(content)

    return put


BAD: dict[str, Callable[[Path], None]] = {
    "empty": nothing,
    "folder": folder,
    "dangling link": dangling,
    "link to itself": loop,
    "named pipe": named_pipe,
    "endless": endless,
    "socket": bound_socket,
    "huge": huge,
    **({} if os.geteuid() == 0 else {"unreadable": unreadable}),
    "brackets": holding(b"[" * 100_000),
    "closed brackets": holding(b"[" * 100_000 + b"]" * 100_000),
    "mappings": holding(b'{"name":' * 100_000 + b"1" + b"}" * 100_000),
    "some brackets": holding(b'{"name": ' + b"[" * 900 + b"]" * 900 + b"}"),
    "binary": holding(bytes(range(256)) * 40),
    "escapes": holding(b'"\x1b]0;title\x07\xc2\x9b31m\xe2\x80\xae'),
    "list": holding(b"[]"),
    "null": holding(b"null"),
    "text": holding(b'"text"'),
    "digits": holding(b"1" * 100_000),
    "infinity": holding(b'{"version": 1e999, "name": -Infinity}'),
    "surrogate": holding(b'{"name": "\\ud800\\udbff", "templates": {}}'),
    "no mapping below": holding(b'{"name": [], "templates": 1, "files": 1, "sourceMap": []}'),
    "other types": holding(
        b'{"name": "camunda", "root": {}, "region": [], "templates": 5, "files": 5, '
        b'"sourceMap": {}, "version": 1, "cidrs": [], "Resources": {"A": 5}}'
    ),
    "line": holding(b"a" * 1_000_000),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a sound spec and fleet, and a pipe that is soon given up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reading, "NO_WRITER", 0.02)
    monkeypatch.setattr(reading, "MAX_BYTES", 1 << 20)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Path("spec.yaml").write_text(SPEC)
    Path("fleet.yaml").write_text(FLEET)
    return tmp_path


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Path]:
    """What each command writes of the sound spec, to copy."""
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "spec.yaml").write_text(SPEC)
    found: dict[tuple[str, ...], Path] = {}
    for command in (("compile",), ("stackset", "export")):
        found[command] = folder / command[-1]
        flat = (str(folder / "spec.yaml"), "--layout", "flat", "--out", str(found[command]))
        assert main([*command, *flat]) == 0
    return found


def tree(top: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in top.rglob("*")}


READERS: dict[str, tuple[str, list[str]]] = {
    "validate": ("bad.yaml", ["validate", "bad.yaml"]),
    "show": ("bad.yaml", ["show", "bad.yaml"]),
    "compile with a sound one": ("bad.yaml", ["compile", "spec.yaml", "bad.yaml"]),
    "plan": ("bad.yaml", ["plan", "--offline", "bad.yaml"]),
    "timeline": ("bad.yaml", ["timeline", "--expected", "bad.yaml"]),
    "base": ("base.yaml", ["compile", "extends.yaml"]),
    "fleet": ("bad.yaml", ["stackset", "export", "spec.yaml", "--fleet", "bad.yaml"]),
    "fleet plan": ("bad.yaml", ["fleet", "plan", "bad.yaml"]),
    "spec of a fleet": ("other.yaml", ["fleet", "plan", "elsewhere.yaml"]),
    "lock file": ("fleet.lock.json", ["stackset", "export", "spec.yaml", "--fleet", "fleet.yaml"]),
    "manifest": ("out/manifest.json", ["compile", "spec.yaml", "--out", "out"]),
    "export": ("out/stackset.json", ["stackset", "export", "spec.yaml", "-o", "out"]),
    "lint": ("out/manifest.json", ["lint", "out"]),
    "linted template": ("out/root.template.json", ["lint", "out"]),
    "base of a plan": (
        "out/root.template.json",
        ["plan", "--offline", "spec.yaml", "--base", "out"],
    ),
    "manifest of a base": (
        "out/manifest.json",
        ["plan", "--offline", "spec.yaml", "--base", "out"],
    ),
    "plan file": ("plan.json", ["deploy", "spec.yaml", "--yes", "--plan", "plan.json"]),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("reader", READERS)
def test_bad_file_is_refused_soon_and_nothing_is_written(
    reader: str,
    kind: str,
    home: Path,
    compiled: dict[tuple[str, ...], Path],
    capsys: Output,
) -> None:
    name, arguments = READERS[reader]
    Path("extends.yaml").write_text("name: camunda\nextends: base.yaml\n")
    Path("elsewhere.yaml").write_text(FLEET.replace("spec.yaml", "other.yaml"))
    if name.startswith("out/"):
        command = ("stackset", "export") if reader == "export" else ("compile",)
        shutil.copytree(compiled[command], "out")
        Path(name).unlink()
    BAD[kind](Path(name))
    before = tree(home)
    capsys.readouterr()
    started = time.monotonic()
    code = main(arguments)
    assert time.monotonic() - started < 10
    output = capsys.readouterr()
    if reader != "manifest of a base":  # of which little is read
        assert len(output.out + output.err) < 10_000
        assert code == 1 and output.err and output.out == ""
        assert tree(home) == before
    shown = output.out + output.err
    assert not {each for each in shown if not each.isprintable()} - set("\n\t")


@pytest.mark.parametrize("kind", sorted(BAD.keys() - {"list"}))  # which says that nothing was found
def test_bad_lint_cache_is_as_good_as_none(
    kind: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    found = Match("W1", Severity.WARNING, "odd", ("Resources", 1))
    monkeypatch.setattr(lint, "_answers", lambda asked: [[found] for _ in asked])
    assert main(["lint", "spec.yaml", "--layout", "flat"]) == 0
    said = capsys.readouterr()
    assert "odd [root: 1, cfn-lint W1]" in said.err
    (remembered,) = cache_folder(lint.CACHE).iterdir()
    remembered.unlink()
    BAD[kind](remembered)
    assert main(["lint", "spec.yaml", "--layout", "flat"]) == 0
    assert capsys.readouterr() == said


def test_pipe_is_read_to_its_end_however_slowly_it_is_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr(reading, "NO_WRITER", 5.0)
    os.mkfifo("pipe")

    def write() -> None:
        time.sleep(0.1)
        with Path("pipe").open("wb", buffering=0) as stream:
            for line in SPEC.splitlines(keepends=True):
                stream.write(line.encode())
                time.sleep(0.05)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    assert main(["validate", "pipe"]) == 0
    writer.join()
    assert "pipe: sound" in capsys.readouterr().out


def test_pipe_whose_writer_is_silent_is_given_up(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr(reading, "SILENT", 0.05)
    os.mkfifo("pipe")
    writer = os.open("pipe", os.O_RDWR)
    try:
        assert main(["validate", "pipe"]) == 1
    finally:
        os.close(writer)
    assert "CAM003 cannot read pipe: nothing was written to it" in capsys.readouterr().err


def process(script: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a script of bash, in which $C is the command."""
    return subprocess.run(
        ["bash", "-c", script],
        cwd=cwd,
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "C": f"{sys.executable} -m camformation",
        },
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("$C validate <(cat spec.yaml)", b"/dev/fd/"),
        ("cat spec.yaml | $C validate /dev/stdin", b"/dev/stdin: sound"),
        ("$C validate /dev/stdin <spec.yaml", b"/dev/stdin: sound"),
    ],
)
def test_process_substitution_and_standard_input_are_specs(
    script: str, says: bytes, home: Path
) -> None:
    done = process(script, home)
    assert (done.returncode, done.stderr) == (0, b"") and says in done.stdout


@pytest.mark.parametrize("script", ["$C validate <(true)", "true | $C validate /dev/stdin"])
def test_generator_that_fails_is_noticed_at_once(script: str, home: Path) -> None:
    started = time.monotonic()
    done = process(script, home)
    assert done.returncode == 1 and b"CAM006 the file is empty" in done.stderr
    assert time.monotonic() - started < 4


COMMANDS = [
    *("--help", "--version", "compile --help", "completion bash", "schema", "explain CAM101"),
    *("explain", "show spec.yaml", "validate spec.yaml", "compile spec.yaml --format json"),
    *("compile spec.yaml", "plan --offline spec.yaml", "timeline --expected spec.yaml"),
    *("stackset export spec.yaml --json", "validate none.yaml --format sarif"),
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", COMMANDS)
def test_full_disk_under_the_output_is_said_in_one_line(command: str, home: Path) -> None:
    done = process(f"$C {command} >/dev/full", home)
    said = b"Error: cannot write the output: no space left on device\n"
    assert (done.returncode, done.stderr) == (1, said)


@pytest.mark.parametrize("command", COMMANDS)
def test_reader_that_has_gone_away_ends_the_command_quietly(command: str, home: Path) -> None:
    done = process(f"(sleep 0.3; $C {command}; echo $? >code) | true; wait", home)
    deadline = time.monotonic() + 30
    while not ((home / "code").exists() and (home / "code").read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert done.stderr == b"" and (home / "code").read_text() == "141\n"


def test_standard_output_and_error_may_be_closed(home: Path) -> None:
    for command in ("validate spec.yaml", "validate none.yaml", "nope"):
        done = process(f"$C {command} >&- 2>&-", home)
        assert done.returncode == (0 if "spec" in command else 1)


def test_terminal_that_has_no_such_character_is_no_error(home: Path) -> None:
    done = process("PYTHONIOENCODING=ascii $C plan --offline spec.yaml", home)
    assert done.returncode == 2 and done.stderr == b"" and done.stdout.isascii()
    Path("ä.yaml").write_text("name: ö\n")
    done = process("PYTHONIOENCODING=latin-1 $C validate ä.yaml", home)
    assert done.returncode == 1 and b"Traceback" not in done.stderr


HOSTILE = "\x1b]0;x\x07\x9b31m\u202e\u2066"


@pytest.mark.parametrize("style", ["text", "github", "json", "sarif"])
@pytest.mark.parametrize(
    "spec",
    [
        f"name: camunda\n# {HOSTILE}\n",
        'name: camunda\n"na\\e[2Jme\\u202e": x # \u202e\n',
        f'name: camunda\nregion: "{HOSTILE[7:]}\\e[31m\\0"\n',
        f'name: camunda\nregion: [x] # {HOSTILE[7:]}\nname: "\\x9b\\u2028"\n',
        f'name: camunda\nextends: "{HOSTILE[7:]}\\e[31m"\n',
        "name: camunda\nregion: !<\u202e\u2066> x\n",
    ],
    ids=ascii,
)
def test_nothing_in_a_spec_commands_the_terminal(
    spec: str, style: str, home: Path, capsys: Output
) -> None:
    Path("bad.yaml").write_text(spec)
    assert main(["validate", "bad.yaml", "--format", style]) == 1
    output = capsys.readouterr()
    shown = output.out + output.err
    assert shown and all(each == "\n" or each.isprintable() for each in shown)
    if style in ("json", "sarif"):
        json.loads(output.out)


def test_no_value_in_a_plan_commands_the_terminal(home: Path) -> None:
    assert main(["compile", "spec.yaml", "-o", "base"]) == 0
    changed = 'orchestration: {environment: {MY_A: "\\e[31mred\\u202e"}}\n'
    Path("spec.yaml").write_text(SPEC + changed)
    compiled = compile_spec("spec.yaml", lambda name: Path(name).read_bytes())
    made = offline_plan(compiled, "spec.yaml", "base", "nested", (), ())
    for style in ("text", "github"):
        shown = rendered(made.plan, style)
        assert "red" in shown or style == "github"
        assert all(each == "\n" or each.isprintable() for each in shown)


NAMES = ["\x1b[31mred.yaml", "a\nspec.yaml:1:1: CAM101 b.yaml", "\u202elmay.yaml", "\udcff.yaml"]


@pytest.mark.parametrize("command", ["validate", "compile", "show", "timeline --expected"])
@pytest.mark.parametrize("sound", [True, False])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_no_file_name_commands_the_terminal(
    name: str, sound: bool, command: str, home: Path, capsys: Output
) -> None:
    Path(name).write_text(SPEC if sound else "nmae: x\n")
    assert main([*command.split(), name]) == int(not sound)
    output = capsys.readouterr()
    shown = output.out + output.err
    assert all(each == "\n" or each.isprintable() for each in shown)
    assert name not in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "x" * 100_000],
        ["explain", "CAM" + "1" * 100_000],
        ["explain", "orchestration." * 20_000],
        ["explain", "connectors.secrets." + "x" * 100_000],
        ["x" * 100_000],
        ["--" + "x" * 100_000],
        ["compile", "spec.yaml", "--layout", "x" * 100_000],
        ["validate", "x" * 100_000],
        ["lint", "x" * 100_000],
        ["outputs", "x" * 100_000 + ".yaml"],
        ["compile", "spec.yaml", "--out", "x" * 100_000],
        ["init", "x" * 100_000],
        ["init", "--name", "x" * 100_000],
        ["plan", "--offline", "spec.yaml", "--base", "x" * 100_000],
        *(
            ["validate", "spec.yaml", "--set", setting]
            for setting in (
                "x" * 100_000,
                "tags." + "x" * 100_000 + "=1",
                "region=" + "x" * 100_000,
                "x" * 100_000 + "=1",
                ".".join("x" * 500) + "=1",
                ".".join("x" * 100_000) + "=1",
                "tags.a=" + "[" * 100_000,
                "tags.a=" + "{a: " * 500 + "}" * 500,
                "extends=" + "x" * 100_000,
                "name=*" + "x" * 100_000,
            )
        ),
    ],
    ids=lambda arguments: " ".join(arguments)[:60],
)
def test_long_input_is_not_repeated(arguments: list[str], home: Path, capsys: Output) -> None:
    before = tree(home)
    assert main(arguments) == 1
    output = capsys.readouterr()
    assert "rror" in output.err or "CAM" in output.err
    assert len(output.out + output.err) < 5_000
    assert tree(home) == before


@pytest.mark.parametrize(
    "line",
    [
        "{0}: 1",
        "name: {0}",
        "region: !{0} x",
        "orchestration: {{image: {0}}}",
        "orchestration: {{{0}: 1}}",
        "extends: {0}",
        "ignore: [{{rule: {0}, reason: because it is so}}]",
        "tags: {{{0}: {0}}}",
        "patches: [{{component: {0}, patch: [{{op: add, path: /{0}, value: {0}}}]}}]",
        "parameters: {{{0}: {0}}}",
        "orchestration: {{brokers: {0}}}",
        "region: *{0}",
        "{0}",
        "{0}: 1\n{0}: 2",
        "authentication: {{administrator: {{username: {0}, email: {0}}}}}",
        "orchestration: {{environment: {{{0}: 1}}}}",
    ],
)
def test_long_words_of_a_spec_are_not_repeated(line: str, home: Path, capsys: Output) -> None:
    text = line.format("x" * 100_000)
    Path("bad.yaml").write_text(text if line.startswith("name") else f"name: camunda\n{text}\n")
    started = time.monotonic()
    assert main(["validate", "bad.yaml"]) == 1
    assert time.monotonic() - started < 5
    assert len(capsys.readouterr().err) < 6_000


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize(
    "arguments",
    [
        ["compile", "spec.yaml", "--out"],
        ["compile", "spec.yaml", "-o"],
        ["stackset", "export", "spec.yaml", "-o"],
        ["plan", "spec.yaml", "--out"],
        ["timeline", "spec.yaml", "--html"],
        ["init"],
    ],
    ids=" ".join,
)
def test_empty_place_to_write_to_is_refused(
    arguments: list[str], value: str, home: Path, capsys: Output
) -> None:
    before = tree(home)
    assert main([*arguments, value]) == 1
    assert "it is empty: give a path to write to" in capsys.readouterr().err
    assert tree(home) == before


def test_base_may_be_named_by_an_absolute_path(home: Path, tmp_path: Path) -> None:
    base = tmp_path / "shared" / "base.yaml"
    base.parent.mkdir()
    base.write_text("extends: common.yaml\nregion: eu-west-2\n")
    (base.parent / "common.yaml").write_text("profile: development\n")
    Path("one").mkdir()
    Path("one/spec.yaml").write_text(f"name: camunda\nextends: {base}\n")
    manifests = []
    for spec in ("one/spec.yaml", str(tmp_path / "one/spec.yaml"), "./one/../one/spec.yaml"):
        assert main(["compile", spec, "--out", "made"]) == 0
        manifests.append(Path("made/manifest.json").read_bytes())
    assert len(set(manifests)) == 1
    origins = json.loads(manifests[0])["sourceMap"]["root.template.json"].values()
    assert {each["file"] for each in origins if "file" in each} <= {"spec.yaml", str(base)}


@pytest.mark.parametrize("content", ["root:*:19000:0:9:7:::\n", "a: b: hidden\n", "- hidden\n"])
@pytest.mark.parametrize("command", ["validate extends.yaml", "fleet plan fleet.yaml"])
def test_lines_of_a_file_that_is_no_spec_are_not_shown(
    command: str, content: str, home: Path, capsys: Output
) -> None:
    Path("private").write_text(content + "secret: hidden\n")
    Path("extends.yaml").write_text(f"name: camunda\nextends: {home / 'private'}\n")
    Path("fleet.yaml").write_text(FLEET.replace("spec.yaml", str(home / "private")))
    assert main(command.split()) == 1
    said = capsys.readouterr().err
    assert "private" in said and "hidden" not in said and "19000" not in said


def test_secret_in_a_setting_is_not_shown(home: Path, capsys: Output) -> None:
    for style in ("text", "json", "github", "sarif"):
        setting = "connectors.secrets.TOKEN=hunter2"
        assert main(["validate", "spec.yaml", "--set", setting, "--format", style]) == 1
        output = capsys.readouterr()
        assert "CAM014" in output.out + output.err
        assert "hunter2" not in output.out + output.err


@pytest.fixture
def aside(home: Path) -> Iterator[Path]:
    """A precious file outside the folder that is written to."""
    (home / "precious").write_text("precious")
    yield home / "precious"
    assert (home / "precious").read_text() == "precious"


def test_links_in_the_folder_lead_nobody_astray(home: Path, aside: Path) -> None:
    out = home / "out"
    out.mkdir()
    for name in ("root.template.json", ".root.template.json.new"):
        (out / name).symlink_to(aside)
    assert main(["compile", "spec.yaml", "--layout", "flat", "-o", "out"]) == 0
    assert not (out / "root.template.json").is_symlink()


def test_device_named_as_a_file_to_write_stays_one(home: Path) -> None:
    from camformation.writing import write_file

    write_file("/dev/null", b"x")
    assert not Path("/dev/null").is_file()
    os.mkfifo("pipe")
    reader = threading.Thread(target=lambda: Path("pipe").read_bytes(), daemon=True)
    reader.start()
    write_file("pipe", b"x")
    reader.join()
    assert Path("pipe").is_fifo()
    Path("link").symlink_to("target")
    write_file("link", b"x")
    assert Path("link").is_symlink() and Path("target").read_bytes() == b"x"
