"""A live deployment is read into what the compiler would have written."""

import pytest

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.deployed import read_deployed, require_deployed
from camformation.deploy.plan.symbols import Address, Resolver
from camformation.deploy.plan.template_diff import diff
from camformation.layout import Layout
from deploy.fake_cloud import FakeCloud
from deploy.live import live


@pytest.mark.parametrize("layout", Layout)
def test_what_is_read_is_what_was_compiled(layout: Layout) -> None:
    fake = FakeCloud()
    root, compiled = live(fake, layout)
    deployed = require_deployed(fake.stacks, "camunda")
    assert deployed.templates == compiled
    assert (deployed.name, deployed.layout) == ("camunda", layout)
    assert deployed.stacks["root"] == root.id
    assert not diff(Resolver(deployed.templates), Resolver(compiled))


def test_components_and_stacks_are_found_from_each_other() -> None:
    fake = FakeCloud()
    live(fake)
    deployed = require_deployed(fake.stacks, "camunda")
    arn = deployed.stacks["database_seed"]
    assert "DatabaseSeed" in arn and deployed.component(arn) == "database_seed"
    found = deployed.resource(Address("storage", "NodeIdBucket"))
    assert found and found.physical_id == "nodeidbucket"
    assert deployed.resource(Address("storage", "Nothing")) is None


def test_a_stack_under_review_has_deployed_nothing() -> None:
    fake = FakeCloud()
    fake.stacks.add("camunda", "REVIEW_IN_PROGRESS")
    assert read_deployed(fake.stacks, "camunda") is None
    assert read_deployed(fake.stacks, "other") is None
    with pytest.raises(DeployError) as raised:
        require_deployed(fake.stacks, "other")
    assert raised.value.code == "CAM682" and "other" in raised.value.message


def test_a_nested_stack_is_refused_with_the_name_of_its_root() -> None:
    fake = FakeCloud()
    live(fake)
    with pytest.raises(DeployError, match="nested stack of camunda"):
        read_deployed(fake.stacks, "camunda-Network-ABC")


def test_a_nested_stack_that_is_gone_is_left_out() -> None:
    fake = FakeCloud()
    root, _ = live(fake)
    root.resources = tuple(r for r in root.resources if r.logical_id != "Connectors")
    assert "connectors" not in require_deployed(fake.stacks, "camunda").templates
