"""Specs as companies write them: proxies, networks, databases and clusters of their own.

They put fields together that different sections describe. All of them compile in both layouts,
with these warnings and no others.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from camformation.layout import Layout
from camformation.pipeline import compile_spec

SPECS = sorted((Path(__file__).parent / "companies").glob("*.yaml"))
OTHER_PASSWORDS = ["CAM209", "CAM209"]
WARNINGS = {
    "bucket_old_region_same": OTHER_PASSWORDS,
    "corp_proxy_existing_vpc": ["CAM123"],
    "dualstack_existing": ["CAM128"],
    "existing_vpc_dns_proxy_http": ["CAM123"],
    "kafka_egress": ["CAM217"],
    "prefix_list_only": ["CAM217"],
    "proxy_ip_closed_sidecar": ["CAM123"],
    "restore_pitr": OTHER_PASSWORDS,
    "restore_snapshot_other_region": OTHER_PASSWORDS,
    "restore_with_router": OTHER_PASSWORDS,
    "shared_aurora": ["CAM217"],
    "v89_restore": OTHER_PASSWORDS,
}


class Found(NamedTuple):
    """What the tests ask of a compilation: its codes and resources, but for nested stacks."""

    codes: list[str]
    titles: set[str]


@cache
def compiled(spec: Path, layout: Layout) -> Found:
    one = compile_spec(spec.name, lambda name: (spec.parent / name).read_bytes(), layout)
    titles = {
        title
        for template in one.templates.values()
        for title, resource in template["Resources"].items()
        if layout is Layout.FLAT or resource["Type"] != "AWS::CloudFormation::Stack"
    }
    return Found([each.code for each in one.warnings], titles)


def test_there_are_many() -> None:
    assert len(SPECS) >= 59


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_it_compiles(spec: Path, layout: Layout) -> None:
    assert compiled(spec, layout).codes == WARNINGS.get(spec.stem, [])


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_both_layouts_have_the_same_resources(spec: Path) -> None:
    assert compiled(spec, Layout.NESTED).titles == compiled(spec, Layout.FLAT).titles
