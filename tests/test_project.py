"""What maintainers rely on: workflows, forms, hooks, and releases that agree with the changelog."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from camformation import __version__
from release.notes import notes, sections

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def read(file: Path) -> dict[str, Any]:
    """Read YAML, whose `on` is no truth value here."""
    data = yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)
    assert isinstance(data, dict)
    return data


WORKFLOWS = {file.stem: read(file) for file in sorted(GITHUB.glob("workflows/*.yml"))}
STEPS = [
    (name, step)
    for name, workflow in WORKFLOWS.items()
    for job in workflow["jobs"].values()
    for step in job.get("steps", ())
]
RUNS = [(name, step["run"]) for name, step in STEPS if "run" in step]
OF_MAKE = [(name, command) for name, command in RUNS if not command.startswith("gh ")]
ACTIONS = [(name, step["uses"]) for name, step in STEPS if "uses" in step]


def supported() -> list[str]:
    """Return the versions of Python that the package says it supports, oldest first."""
    said = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if "Python :: 3." in each]
    return sorted(said, key=lambda version: int(version.partition(".")[2]))


# Workflows


def test_checks_run_on_every_python_that_is_supported() -> None:
    matrix = WORKFLOWS["check"]["jobs"]["check"]["strategy"]["matrix"]
    assert matrix["python"] == supported()
    (system,) = matrix["os"]
    assert system.startswith("ubuntu-")
    (other,) = matrix["include"]
    assert other["os"].startswith("macos-") and other["python"] in supported()
    assert PROJECT["requires-python"] == f">={supported()[0]}"
    above = int(supported()[-1].partition(".")[2]) + 1
    first = supported()[0].replace(".", ", ")
    assert f"({first}) <= sys.version_info < (3, {above})" in MAKEFILE
    for version in supported():
        assert f"python{version}" in MAKEFILE


@pytest.mark.parametrize(("workflow", "command"), OF_MAKE)
def test_workflows_go_through_the_makefile(workflow: str, command: str) -> None:
    words = command.split(" >")[0].split()
    assert words[0] == "make"
    targets = [word for word in words[1:] if not word.startswith("--") and "=" not in word]
    assert targets and set(targets) <= set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.M))
    for path in re.findall(r"ARGS=(\S+)", command):
        assert (ROOT / path).exists()


@pytest.mark.parametrize(("workflow", "action"), ACTIONS)
def test_actions_are_pinned(workflow: str, action: str) -> None:
    """GitHub's own by major version, anybody else's by commit, as SECURITY.md says."""
    name, _, version = action.partition("@")
    assert re.fullmatch(r"v\d+" if name.startswith("actions/") else r"[0-9a-f]{40}", version)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_workflows_may_write_nothing_by_default(workflow: str) -> None:
    assert WORKFLOWS[workflow]["permissions"] == {"contents": "read"}
    for job in WORKFLOWS[workflow]["jobs"].values():
        assert job.keys() & {"uses", "timeout-minutes"}


@pytest.mark.parametrize(("workflow", "command"), RUNS)
def test_no_command_holds_what_others_may_write(workflow: str, command: str) -> None:
    """A title, a branch or a tag would be run by the shell: they come as variables."""
    assert "${{" not in command


def test_a_tag_is_checked_attested_and_released() -> None:
    workflow = WORKFLOWS["release"]
    assert workflow["on"] == {"push": {"tags": ["v*"]}}
    assert workflow["jobs"]["check"]["uses"] == "./.github/workflows/check.yml"
    assert "workflow_call" in WORKFLOWS["check"]["on"]
    job = workflow["jobs"]["release"]
    assert job["needs"] == "check"
    assert job["permissions"].keys() == {"contents", "id-token", "attestations"}
    steps = [step.get("run", step.get("uses", "")) for step in job["steps"]]
    order = ["make dist", "make --silent release-notes", "actions/attest-build-provenance", "gh "]
    found = [next(i for i, step in enumerate(steps) if step.startswith(each)) for each in order]
    assert found == sorted(found)


# Forms, hooks, updates


def test_a_bug_is_reported_with_its_version_and_spec_and_without_secrets() -> None:
    form = read(GITHUB / "ISSUE_TEMPLATE" / "bug.yml")
    asked = {each["id"]: each for each in form["body"] if "id" in each}
    assert "camformation --version" in asked["version"]["attributes"]["description"]
    assert "No secrets" in asked["spec"]["attributes"]["description"]
    for name in ("version", "spec", "command"):
        assert asked[name]["validations"]["required"] == "true"


@pytest.mark.parametrize("form", ["bug", "feature"])
def test_forms_are_what_github_takes(form: str) -> None:
    data = read(GITHUB / "ISSUE_TEMPLATE" / f"{form}.yml")
    assert data["name"] and data["description"]
    kinds = {"markdown", "input", "textarea", "dropdown", "checkboxes"}
    ids = [each["id"] for each in data["body"] if each["type"] != "markdown"]
    assert len(set(ids)) == len(ids)
    for each in data["body"]:
        assert each["type"] in kinds
        assert each["attributes"]["value" if each["type"] == "markdown" else "label"]


def test_vulnerabilities_are_not_reported_in_issues() -> None:
    config = read(GITHUB / "ISSUE_TEMPLATE" / "config.yml")
    assert config["blank_issues_enabled"] == "false"
    assert any("vulnerab" in each["name"].lower() for each in config["contact_links"])
    assert "Report a vulnerability" in (ROOT / "SECURITY.md").read_text("utf-8")


def test_updates_are_proposed_for_packages_and_actions() -> None:
    updates = read(GITHUB / "dependabot.yml")["updates"]
    assert {each["package-ecosystem"] for each in updates} == {"pip", "github-actions"}


def test_hooks_are_the_tools_of_the_makefile() -> None:
    (repository,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    assert {hook["id"] for hook in repository["hooks"]} == {"ruff", "ruff-format", "mypy"}
    for hook in repository["hooks"]:
        assert hook["entry"].startswith((".venv/bin/ruff ", "make --silent types"))


# Releases


def test_the_changelog_has_a_section_of_this_version() -> None:
    found = sections((ROOT / "CHANGELOG.md").read_text("utf-8"))
    assert __version__ in [section.version for section in found]
    assert all(section.date for section in found[1:]), "only the newest may be unreleased"
    dates = [date.fromisoformat(section.date) for section in found if section.date]
    assert dates == sorted(dates, reverse=True)
    groups = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    for section in found:
        assert set(re.findall(r"^### (.*)$", section.text, re.M)) <= groups
        assert section.text or section is found[0]


CHANGELOG = """\
# Changelog

## Unreleased

### Added

- What nobody has yet.

## 0.2.0 - 2026-12-24

### Fixed

- A mistake.

## 0.1.0 - 2026-12-01

### Added

- Everything.
"""


def test_notes_of_a_release_are_its_section() -> None:
    assert notes(CHANGELOG, "0.2.0", "0.2.0") == "### Fixed\n\n- A mistake.\n"
    assert notes(CHANGELOG, "0.1.0", "0.1.0") == "### Added\n\n- Everything.\n"


@pytest.mark.parametrize(
    ("changelog", "version", "reason"),
    [
        (CHANGELOG, "0.3.0", "the package says that it is 0.2.0"),
        (CHANGELOG.replace("0.2.0", "0.2.1"), "0.2.0", "no section of 0.2.0"),
        (CHANGELOG.replace("2026-12-24", "Unreleased"), "0.2.0", "no date yet"),
        (CHANGELOG.replace("- A mistake.", "").replace("### Fixed", ""), "0.2.0", "empty"),
        (CHANGELOG.replace("## 0.2.0", "## v0.2.0"), "0.2.0", "not a version and a date"),
        (CHANGELOG.replace("0.2.0 - ", ""), "0.2.0", "a date, but no version"),
    ],
)
def test_a_release_that_disagrees_with_itself_is_refused(
    changelog: str, version: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        notes(changelog, version, "0.2.0")
