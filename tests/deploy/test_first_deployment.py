"""A first deployment protects its database only when everything stands."""

from pathlib import Path

import pytest

from camformation.deploy.change.first_deployment import without_protection
from camformation.layout import Layout
from camformation.pipeline import compile_spec

SPEC = Path(__file__).parents[2] / "spec" / "production.yaml"


@pytest.mark.parametrize("layout", list(Layout))
def test_database_can_be_rolled_back_and_nothing_else_differs(layout: Layout) -> None:
    wanted = compile_spec(str(SPEC), lambda file: Path(file).read_bytes(), layout).templates
    name = "root" if layout is Layout.FLAT else "database"
    relaxed = without_protection(wanted)
    cluster = relaxed[name]["Resources"]["AuroraCluster"]
    assert wanted[name]["Resources"]["AuroraCluster"]["Properties"]["DeletionProtection"] is True
    assert cluster["Properties"].pop("DeletionProtection") is False
    cluster["Properties"]["DeletionProtection"] = True
    assert relaxed == wanted


def test_what_is_not_protected_stays_as_it_is() -> None:
    templates = {"root": {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}}
    assert without_protection(templates) == templates
