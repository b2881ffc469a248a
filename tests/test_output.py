"""What `compile` leaves in a folder, and what it never touches."""

import gc
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from camformation.diagnostics import SpecError
from camformation.layout import Layout
from camformation.output import Written, files, write
from camformation.pipeline import Compiled, compile_spec
from camformation.rendering import WIDTH, render


def compiled(
    text: str = "name: camunda\n", layout: Layout = Layout.NESTED, file: str = "spec.yaml"
) -> Compiled:
    return compile_spec(file, lambda _: text.encode(), layout)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_first_compilation_writes_everything(tmp_path: Path) -> None:
    one = compiled()
    folder = tmp_path / "a" / "b"
    written = write(one, folder)
    assert written == Written(folder, tuple(files(one)), tuple(files(one)), ())
    assert contents(folder) == {name: text.encode() for name, text in files(one).items()}
    assert {"root.template.json", "network.template.json", "manifest.json"} <= set(written.files)


@pytest.mark.parametrize("layout", Layout)
def test_a_compilation_leaves_nothing_to_the_garbage_collector(layout: Layout) -> None:
    files(compiled(layout=layout))  # what is made once stays
    gc.collect()
    gc.disable()
    try:
        files(compiled(layout=layout))
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_unchanged_files_are_not_rewritten(tmp_path: Path) -> None:
    write(compiled(), tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    inodes = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    assert write(compiled(), tmp_path).changed == ()
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert {path.name: path.stat().st_ino for path in tmp_path.iterdir()} == inodes


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    write(compiled(), tmp_path)
    written = write(compiled("name: camunda\nconnectors: {tasks: 4}\n"), tmp_path)
    assert set(written.changed) == {"connectors.template.json", "manifest.json"}


def test_stale_templates_are_removed_and_nothing_else(tmp_path: Path) -> None:
    write(compiled(), tmp_path)
    mine = {"notes.txt": b"x", "other.template.json": b"{}", "params.json": b"{}"}
    for name, data in mine.items():
        (tmp_path / name).write_bytes(data)
    written = write(compiled(layout=Layout.FLAT), tmp_path)
    assert "network.template.json" in written.removed
    assert contents(tmp_path).keys() == {"root.template.json", "manifest.json", *mine}
    assert {name: (tmp_path / name).read_bytes() for name in mine} == mine
    back = write(compiled(), tmp_path)
    assert back.removed == () and "network.template.json" in back.changed


def test_folder_of_another_deployment_is_refused_untouched(tmp_path: Path) -> None:
    write(compiled("name: other\n"), tmp_path)
    before = contents(tmp_path)
    with pytest.raises(SpecError) as caught:
        write(compiled(), tmp_path)
    (found,) = caught.value.diagnostics
    assert found.code == "CAM030" and "'other'" in found.message
    assert contents(tmp_path) == before


FOREIGN = ["", "{", "[]", "null", '{"name": "camunda"}', '{"name": 5, "templates": 1}', "\udcff"]


@pytest.mark.parametrize("text", FOREIGN, ids=ascii)
def test_folder_with_a_manifest_that_is_not_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SpecError) as caught:
        write(compiled(), tmp_path)
    assert caught.value.diagnostics[0].code == "CAM030"
    assert contents(tmp_path).keys() == {"manifest.json"}


def test_manifest_cannot_make_us_remove_files_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write(compiled(), folder)
    precious = tmp_path / "precious.template.json"
    inside = folder / "data.json"
    precious.write_text("{}")
    inside.write_text("{}")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["templates"] |= {"../precious.template.json": {}, str(precious): {}, "data.json": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert write(compiled(), folder).removed == ()
    assert precious.exists() and inside.exists()


def test_manifest_describes_the_compilation() -> None:
    spec = "name: camunda\nregion: eu-west-2\ntags: {team: bpm}\norchestration: {brokers: 5}\n"
    one = compiled(spec)
    texts = files(one)
    manifest = json.loads(texts["manifest.json"])
    assert manifest["name"] == "camunda" and manifest["layout"] == "nested"
    assert manifest["region"] == "eu-west-2" and manifest["profile"] == "reference"
    assert manifest["tags"] == {"team": "bpm"}
    assert manifest["versions"]["camunda"] == "8.10"
    assert manifest["root"] == "root.template.json"
    for name, about in manifest["templates"].items():
        data = texts[name].encode()
        assert about["sha256"] == sha256(data).hexdigest()
        assert about["bytes"] == len(data)
        assert about["resources"] == len(json.loads(data)["Resources"])
    assert sum(manifest["resources"].values()) == sum(
        each["resources"] for each in manifest["templates"].values()
    )
    origins = manifest["sourceMap"]["orchestration.template.json"]
    assert origins["/Resources/OrchestrationService/Properties/DesiredCount"] == {
        "path": "orchestration.brokers",
        "file": "spec.yaml",
        "line": 4,
        "column": 26,
    }
    cpu = origins["/Resources/OrchestrationTaskDefinition/Properties/Cpu"]
    assert cpu == {"path": "orchestration.cpu", "from": "default"}


def test_files_hold_no_time_and_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tmp_path / "some" / "spec.yaml"
    spec.parent.mkdir()
    (tmp_path / "some" / "base.yaml").write_text("region: eu-west-2\n")
    spec.write_text("name: camunda\nextends: base.yaml\n")

    def read(name: str) -> bytes:
        return Path(name).read_bytes()

    monkeypatch.chdir(tmp_path)
    first = files(compile_spec("some/spec.yaml", read))
    assert files(compile_spec(str(spec), read)) == first
    monkeypatch.chdir(spec.parent)
    assert files(compile_spec("spec.yaml", read)) == first
    assert files(compile_spec("../some/spec.yaml", read)) == first
    assert files(compile_spec("./spec.yaml", read)) == first
    assert str(tmp_path) not in "".join(first.values())


def test_text_is_sorted_readable_json() -> None:
    for name, text in files(compiled()).items():
        data = json.loads(text)
        assert text.endswith("}\n") and not text.endswith("\n\n")
        assert list(data) == sorted(data)
        assert len(text.splitlines()) > len(data), name


def test_line_holds_what_fits() -> None:
    fits = {"a": {"b": ["x" * (WIDTH - 30)]}}
    text = render({"Resources": {"A": fits, "B": fits | {"c": 1}}})
    assert max(map(len, text.splitlines())) <= WIDTH
    assert render({"a": {"b": {"c": 1}}}) == '{\n  "a": {"b": {"c": 1}}\n}\n'


def test_the_source_map_has_a_line_for_every_value() -> None:
    manifest = files(compiled())["manifest.json"]
    origins = json.loads(manifest)["sourceMap"].values()
    pointers = {pointer: place for each in origins for pointer, place in each.items()}
    lines = [line for line in manifest.splitlines() if line.lstrip().startswith('"/')]
    assert len(lines) == sum(map(len, origins)) and pointers
    for line in lines:
        ((pointer, place),) = json.loads(f"{{{line.rstrip(',')}}}").items()
        assert place == pointers[pointer] and list(place) == sorted(place)


VALUES = [{}, {"a": []}, {"a": {}}, {"b": 1, "a": [1, {"c": None}]}, {"ä": "🚀\n", "x": "y" * 200}]


@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_rendering_loses_nothing(value: dict[str, object]) -> None:
    text = render(value)
    assert json.loads(text) == value and text.isascii() and text.endswith("\n")


OTHER = "name: camunda\nstorage: {efs: {throughput_mode: bursting}}\n"


def test_no_half_written_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(compiled("name: camunda\nconnectors: {tasks: 4}\n"), tmp_path / "old")
    before = contents(tmp_path / "old")
    real = Path.open

    def fail(self: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if self.name == "storage.template.json" and mode == "xb":
            raise OSError(28, "No space left on device", str(self))
        return real(self, mode, *arguments, **named)

    monkeypatch.setattr(Path, "open", fail)
    for folder in (tmp_path / "old", tmp_path / "new" / "er"):
        with pytest.raises(OSError, match="space") as caught:
            write(compiled(layout=Layout.NESTED, text=OTHER), folder)
        assert caught.value.filename == str(folder / "storage.template.json")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    monkeypatch.undo()
    assert contents(tmp_path / "old") == before
