"""`watch` names lines of the spec: of sections in a creation, of what changed after a rollback."""

from pathlib import Path

import pytest

from camformation.cli.spec_lines import spec_lines
from camformation.cli.specs import SpecFiles
from camformation.deploy.cloud.protocols import AccessDenied
from camformation.diagnostics import Location
from camformation.layout import Layout
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import START
from deploy.live import live

SPEC = """\
name: camunda
region: eu-west-2
orchestration:
  memory_mib: 16384
  cpu: 4096
connectors:
  tasks: 2
"""
SERVICE = ("orchestration", "OrchestrationService")
CONNECTORS = ("connectors", "ConnectorsService")


def line(
    fake: FakeCloud, tmp_path: Path, resource: tuple[str, str], text: str = SPEC
) -> int | None:
    spec = tmp_path / "camunda.yaml"
    spec.write_text(text)
    locate = spec_lines(fake.stacks, "camunda", str(spec), SpecFiles())
    found: Location | None = locate(*resource, ())
    return found.line if found else None


def test_in_a_creation_it_is_the_section(tmp_path: Path) -> None:
    fake = FakeCloud()
    live(fake, orchestration={"memory_mib": 16384, "cpu": 4096}, connectors={"tasks": 2})
    assert line(fake, tmp_path, SERVICE) == 3
    assert line(fake, tmp_path, CONNECTORS) == 6


@pytest.mark.parametrize("layout", Layout)
def test_of_an_update_that_was_rolled_back_it_is_what_changed(
    layout: Layout, tmp_path: Path
) -> None:
    fake = FakeCloud()
    root, _ = live(fake, layout, orchestration={"memory_mib": 16384, "cpu": 4096},
                   connectors={"tasks": 3})  # fmt: skip
    root.updated = START
    component = "root" if layout is Layout.FLAT else "connectors"
    assert line(fake, tmp_path, (component, "ConnectorsService")) == 7
    component = "root" if layout is Layout.FLAT else "orchestration"
    assert line(fake, tmp_path, (component, "OrchestrationService")) is None


def test_who_may_not_read_templates_or_has_a_broken_spec_watches_all_the_same(
    tmp_path: Path,
) -> None:
    fake = FakeCloud()
    live(fake)
    assert line(fake, tmp_path, SERVICE, SPEC + "oops: 1\n") is None
    fake.stacks.fail("template", AccessDenied("CAM603", "not allowed", "ask"))
    assert line(fake, tmp_path, SERVICE) is None
