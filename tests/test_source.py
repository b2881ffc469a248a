"""Spec text, friendly and hostile: positions are exact, and nothing in a file does harm."""

import os
import threading
from pathlib import Path

import pytest

from camformation.cli.main import main
from camformation.diagnostics import SpecError
from camformation.source import MAX_PROBLEMS, MAX_VALUES, Source, parse
from camformation.spec_text import MAX_BYTES, MAX_DEPTH


def refused(content: bytes | str) -> list[tuple[int, int, str]]:
    """Return line, column and code of everything that is wrong with a file."""
    data = content.encode() if isinstance(content, str) else content
    try:
        found = list(parse(data, "spec.yaml").problems)
    except SpecError as error:
        found = error.diagnostics
    assert all(each.location.file == "spec.yaml" for each in found)
    return sorted((d.location.line, d.location.column, d.code) for d in found)


def place(source: Source, *path: str | int) -> tuple[int, int, int]:
    """Return line, column and end of the value at a path."""
    where = source.location(path)
    return where.line, where.column, where.end


BROKEN = [
    ("tab as indentation", "name: a\nnetwork:\n\tcidr: x\n", 3, 1, "CAM001"),
    ("unclosed quote", "name: 'a\nregion: b\n", 3, 1, "CAM001"),
    ("unclosed bracket", "name: [a\nregion: b\n", 2, 7, "CAM001"),
    ("two colons", "name: a: b\n", 1, 8, "CAM001"),
    ("stray indentation", "name: a\n region: b\n", 2, 8, "CAM001"),
    ("unknown alias", "name: *x\n", 1, 7, "CAM001"),
    ("unknown directive", "%YAML 9.9\n---\nname: a\n", 1, 1, "CAM001"),
    ("key without end", ": a\n", 1, 1, "CAM001"),
    ("half a surrogate", 'name: "\\uD800"\n', 1, 10, "CAM001"),
    ("two documents", "name: a\n---\nname: b\n", 2, 1, "CAM001"),
    ("merge of nothing", "name: a\n<<: ~\n", 2, 5, "CAM001"),
    ("merge of text in a list", "<<: [{name: a}, x]\n", 1, 17, "CAM001"),
    ("duplicate key", "name: a\ntags: {}\nname: b\n", 3, 1, "CAM002"),
    ("duplicate key in a flow mapping", "tags: {a: b, a: c}\n", 1, 14, "CAM002"),
    ("duplicate key behind CRLF", "name: a\r\nname: b\r\n", 2, 1, "CAM002"),
    ("NUL", "name: a\x00b\n", 1, 8, "CAM005"),
    ("control character", "name: a\nregion: \x1b[31m\n", 2, 9, "CAM005"),
    ("control character behind CR", "name: a\rregion: \x07\r", 2, 9, "CAM005"),
    ("Latin-1", b"name: a\nregion: \xff\n", 2, 9, "CAM005"),
    ("Latin-1 behind text of other scripts", b"name: \xc3\xa4\xe9\n", 1, 8, "CAM005"),
    ("UTF-16", "name: a\n".encode("utf-16"), 1, 1, "CAM005"),
    ("encoded surrogate", b"name: \xed\xa0\x80\n", 1, 7, "CAM005"),
    ("empty", "", 1, 1, "CAM006"),
    ("only comments", "# name: a\n\n# b\n", 1, 1, "CAM006"),
    ("an empty document", "---\n", 2, 1, "CAM006"),
    ("null", "~\n", 1, 1, "CAM006"),
    ("a list", "- name: a\n", 1, 1, "CAM006"),
    ("a word", "hello\n", 1, 1, "CAM006"),
    ("number as key", "name: a\n1: b\n", 2, 1, "CAM007"),
    ("boolean as key", "tags: {true: b}\n", 1, 8, "CAM007"),
    ("nothing as key", "name: a\n~: b\n", 2, 1, "CAM007"),
    ("list as key", "? [a]\n: b\n", 1, 3, "CAM007"),
    ("mapping as key", "? {a: b}\n: c\n", 1, 3, "CAM007"),
    ("CloudFormation's short form", "name: !Ref x\n", 1, 7, "CAM008"),
    ("Python object", "name: !!python/object/apply:os.system [ls]\n", 1, 7, "CAM008"),
    ("set", "tags: !!set {a}\n", 1, 7, "CAM008"),
    ("timestamp", "name: !!timestamp 2001-01-01\n", 1, 7, "CAM008"),
    ("infinity", "database: {instances: !!float .inf}\n", 1, 23, "CAM008"),
    ("no number at all", "database: {instances: !!float nan}\n", 1, 23, "CAM008"),
    ("text called a number", "database: {instances: !!int 1_0}\n", 1, 23, "CAM008"),
    ("tagged key", "!!int a: b\n", 1, 1, "CAM007"),
]


@pytest.mark.parametrize(
    ("content", "line", "column", "code"),
    [case[1:] for case in BROKEN],
    ids=[case[0] for case in BROKEN],
)
def test_names_what_is_wrong_and_where(
    content: bytes | str, line: int, column: int, code: str
) -> None:
    assert refused(content) == [(line, column, code)]


def test_reports_everything_at_once() -> None:
    text = "name: a\nname: b\n1: c\ntags: !x {}\ntags: {d: e, d: f}\n"
    assert refused(text) == [(2, 1, "CAM002"), (3, 1, "CAM007"), (4, 7, "CAM008"), (5, 1, "CAM002")]


def test_stops_at_more_problems_than_anybody_reads() -> None:
    assert len(refused("a: 1\n" * 100_000)) == MAX_PROBLEMS


HINTS = [
    ("network:\n\tcidr: x\n", "spaces"),
    ("name: a: b\n", "quotes"),
    ("name: a\n---\nname: b\n", "a file holds one document"),
    ("name: a\n1: b\n", 'write "1"'),
    ("name: a\nname: b\n", "line 1"),
    ("name: !Sub x\n", "functions, as {Fn::Sub: …}"),
    ("tags: !!set {a}\n", "plain data"),
    ("", "name"),
]


@pytest.mark.parametrize(("text", "hint"), HINTS)
def test_says_what_to_do(text: str, hint: str) -> None:
    try:
        (found,) = parse(text.encode(), "spec.yaml").problems
    except SpecError as error:
        (found,) = error.diagnostics
    assert found.hint and hint in found.hint


def levels(depth: int, key: str = "a") -> str:
    """Return mappings in mappings, one line each."""
    return "".join(f"{' ' * level}{key}:\n" for level in range(depth))


# Composing 20,000 levels overflows the C stack of PyYAML's composer: nothing may get that far.
DEEP = {
    "lists": "a: " + "[" * 300_000,
    "closed lists": "a: " + "[" * 200_000 + "]" * 200_000,
    "mappings": "a: " + "{a: " * 200_000,
    "mixed": "a: " + "[{a: " * 499 + "}]" * 499,
    "dashes": "- " * 400_000 + "a",
    "question marks": "? " * 400_000 + "a",
    "question marks in lists": "[? " * 200_000,
    "indentation": levels(1_300),
    "just too deep": "a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_refuses_what_nests_too_deep(text: str) -> None:
    assert [code for _, _, code in refused(text)] == ["CAM004"]


def test_takes_what_nests_as_deep_as_allowed() -> None:
    depth = MAX_DEPTH - 1
    value = parse(("a: " + "[" * depth + "]" * depth).encode(), "spec.yaml").data["a"]
    for _ in range(depth - 1):
        (value,) = value
    assert value == []


@pytest.mark.parametrize("many", ["? " * 400 + "a\n", ": " * 100_000, "&a " * 100_000])
def test_survives_what_makes_no_sense(many: str) -> None:
    assert refused(many)


ALIASES = {
    "lists": "a0: &a0 [x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
    "merge keys": "a0: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 9)),
    "one long list": "a: &a {x: 1}\nb:\n" + "- <<: *a\n" * (MAX_VALUES // 2),
    "a list in itself": "a: &a [*a]\n",
    "a mapping in itself": "a: &a\n  b: {c: *a}\n",
    "a mapping merged into itself": "a: &a\n  <<: *a\n",
    "two that merge each other": "a: &a\n  b: &b\n    <<: *a\n",
}


@pytest.mark.parametrize("text", ALIASES.values(), ids=ALIASES.keys())
def test_refuses_aliases_that_multiply_or_never_end(text: str) -> None:
    assert [code for _, _, code in refused(text)] == ["CAM004"]


def test_an_alias_repeats_its_value_and_points_at_it() -> None:
    source = parse(b"a: &x {b: 1}\nc: *x\nd: [*x, *x]\n", "spec.yaml")
    assert source.data == {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 1}]}
    assert place(source, "c", "b") == (1, 11, 12)
    assert source.data["a"] is not source.data["c"]


MERGES = [
    ("<<: {a: 1}\nb: 2\n", {"a": 1, "b": 2}),
    ("b: 2\n<<: {a: 1, b: 3}\n", {"a": 1, "b": 2}),
    ("<<: [{a: 1}, {a: 2, b: 3}]\n", {"a": 1, "b": 3}),
    ("<<: {a: 1}\n<<: {a: 2, b: 3}\n", {"a": 1, "b": 3}),
    ("<<: {<<: {a: 1, b: 2}, a: 3}\n", {"a": 3, "b": 2}),
    ("<<: {a: {x: 1}}\na: {y: 2}\n", {"a": {"y": 2}}),
    ('"<<": {a: 1}\n', {"<<": {"a": 1}}),
    ("a: <<\n", {"a": "<<"}),
]


@pytest.mark.parametrize(("text", "data"), MERGES)
def test_merge_keys_bring_what_is_not_said(text: str, data: object) -> None:
    assert parse(text.encode(), "spec.yaml").data == data


def test_merged_values_keep_the_positions_of_those_that_win() -> None:
    text = "x: &x\n  a: 1\n  b: {c: 2, d: 3}\ny:\n  <<: *x\n  b: {c: 4}\n"
    source = parse(text.encode(), "spec.yaml")
    assert source.data["y"] == {"a": 1, "b": {"c": 4}}
    assert place(source, "y", "a") == (2, 6, 7)
    assert place(source, "y", "b", "c") == (6, 10, 11)
    assert place(source, "x", "b", "c") == (3, 10, 11)
    # What was overridden has no place here: the mapping that overrides it has.
    assert place(source, "y", "b") == (6, 6, 12)
    assert place(source, "y", "b", "d") == (6, 3, 4)


SCALARS = [
    ("no", "no"),
    ("YES", "YES"),
    ("2024-01-01", "2024-01-01"),
    ("12:30:45", "12:30:45"),
    ("0x1F", "0x1F"),
    ("0o17", "0o17"),
    ("1_000", "1_000"),
    (".inf", ".inf"),
    (".NaN", ".NaN"),
    ("=", "="),
    ("9" * 30, "9" * 30),
    ("010", 10),
    ("+1", 1),
    ("-1", -1),
    ("1.5", 1.5),
    ("3.0", 3),
    ("1e3", 1000),
    ("true", True),
    ("False", False),
    ("~", None),
    ("", None),
    ("null", None),
    ("! 12", 12),
    ("!!str 12", "12"),
    ('"12"', "12"),
    ("Größe 🚀", "Größe 🚀"),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_scalars_are_what_editors_show(text: str, value: object) -> None:
    found = parse(f"a: {text}\n".encode(), "spec.yaml").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_positions_are_exact() -> None:
    text = (
        "# c\nname: camunda\nnetwork:\n  cidr: 10.0.0.0/16\n  zones: [a, bc]\n  list:\n  - x: 1\n"
    )
    source = parse(text.encode(), "spec.yaml")
    assert place(source, "name") == (2, 7, 14)
    assert place(source, "network", "cidr") == (4, 9, 20)
    assert place(source, "network", "zones") == (5, 10, 17)
    assert place(source, "network", "zones", 1) == (5, 14, 16)
    assert place(source, "network", "list", 0, "x") == (7, 8, 9)
    key = source.location(("network", "cidr"), at_key=True)
    assert (key.line, key.column, key.end) == (4, 3, 7)
    nowhere = source.location(("network", "unsaid", "deeper"))
    assert (nowhere.line, nowhere.column) == (3, 1)


@pytest.mark.parametrize("text", ["ä: '🚀🚀', b: c", "a: 'äöü', b: c"])
def test_columns_count_characters(text: str) -> None:
    source = parse(f"{{{text}}}".encode(), "spec.yaml")
    where = source.location(("b",))
    assert where.column == text.index("c") + 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_end_as_yaml_has_it(end: str) -> None:
    source = parse(f"name: a{end}region: b{end}".encode(), "spec.yaml")
    assert source.data == {"name": "a", "region": "b"}
    assert place(source, "region")[:2] == (2, 9)


def test_takes_a_byte_order_mark() -> None:
    source = parse(b"\xef\xbb\xbfname: a\nregion: b\n", "spec.yaml")
    assert source.data == {"name": "a", "region": "b"}
    assert place(source, "name") == (1, 7, 8)


def test_numbers_keep_how_they_were_written() -> None:
    source = parse(b"a: 8.10\nb: 010\nc: x\n", "spec.yaml")
    assert source.raw == {("a",): "8.10", ("b",): "010"}


def told(
    capsys: pytest.CaptureFixture[str], *arguments: str, code: str, command: str = "validate"
) -> str:
    """Run a command that must fail with this code alone, and return what it says."""
    assert main([command, *arguments]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert f": {code} " in output.err and "Traceback" not in output.err
    assert output.err.endswith("1 error\n")
    return output.err


def test_file_of_50_megabytes_is_refused_unread(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "huge.yaml"
    with spec.open("wb") as stream:
        stream.write(b"name: a\n")
        stream.truncate(50 * MAX_BYTES)
    started = os.times()
    assert "1,048,576" in told(capsys, str(spec), code="CAM004")
    spent = os.times()
    assert spent.user + spent.system - started.user - started.system < 1


def test_largest_spec_with_nothing_right_in_it_is_answered_soon(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "wrong.yaml"
    spec.write_text("name: camunda\n" + "".join(f"{n:x}a: {n}\n" for n in range(40_000)))
    started = os.times()
    assert main(["validate", str(spec)]) == 1
    spent = os.times()
    assert "200 errors" in capsys.readouterr().err
    assert spent.user + spent.system - started.user - started.system < 3


def test_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, str(tmp_path / "none.yaml"), code="CAM003")
    assert "no such file" in said and "camformation init" in said


def test_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "directory" in told(capsys, str(tmp_path), code="CAM003")


def test_name_that_no_file_has(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "a\0b.yaml", code="CAM003")
    told(capsys, "a" * 5000, code="CAM003")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can read everything")
def test_unreadable_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "secret.yaml"
    spec.write_text("name: camunda\n")
    spec.chmod(0)
    assert "permission denied" in told(capsys, str(spec), code="CAM003")


@pytest.mark.parametrize(
    ("device", "code"), [("/dev/null", "CAM006"), ("/dev/zero", "CAM004")], ids=str
)
def test_devices(device: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, device, code=code)


def test_named_pipe_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(
        target=pipe.write_text, args=["name: camunda\nnmae: x\n"], daemon=True
    )
    writer.start()
    said = told(capsys, str(pipe), code="CAM011")
    writer.join()
    assert "nmae: x" in said
