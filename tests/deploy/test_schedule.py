"""The expected schedule: what waits for what, how long the whole takes, what nesting costs."""

import re
from pathlib import Path
from typing import Any

import pytest

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.operation.durations import DURATIONS, STACK, UNKNOWN, usual
from camformation.deploy.operation.schedule import dependencies, nesting_cost, references, schedule
from camformation.deploy.plan.symbols import Address
from camformation.frozen import replaced
from camformation.layout import Layout, Templates
from camformation.pipeline import compile_spec
from camformation.report.deployment.timeline_html import timeline_html
from camformation.report.deployment.timeline_rows import clock, expected_chart
from camformation.report.deployment.timeline_text import expected_text
from deployments import templates

SPECS = sorted((Path(__file__).parents[2] / "spec").glob("*.yaml"))
NESTING_LIMIT = 1.15


def resource(kind: str, **more: Any) -> dict[str, Any]:
    return {"Type": kind, **more}


def flat(**resources: dict[str, Any]) -> Templates:
    return {"root": {"Resources": resources}}


def compiled(spec: Path, layout: Layout) -> Templates:
    return compile_spec(str(spec), lambda file: Path(file).read_bytes(), layout).templates


def test_references_are_found_in_every_form() -> None:
    value = {
        "A": {"Ref": "One"},
        "B": [{"Fn::GetAtt": ["Two", "Arn"]}, {"Fn::GetAtt": "Three.Arn"}],
        "C": {"Fn::Sub": "${Four}/${Five.Arn}/${!Not}"},
        "D": {"Fn::Sub": ["${Local}${Six}", {"Local": {"Ref": "Seven"}}]},
    }
    assert set(references(value)) == {"One", "Two", "Three", "Four", "Five", "Six", "Seven"}


def test_a_resource_waits_for_what_it_refers_to_and_depends_on() -> None:
    template = flat(
        Vpc=resource("AWS::EC2::VPC"),
        Subnet=resource("AWS::EC2::Subnet", Properties={"VpcId": {"Ref": "Vpc"}}),
        Other=resource("AWS::EC2::Subnet", DependsOn="Vpc", Properties={"X": {"Ref": "Param"}}),
    )["root"]
    assert dependencies(template) == {"Vpc": (), "Subnet": ("Vpc",), "Other": ("Vpc",)}


def test_steps_follow_each_other_and_the_longest_chain_is_critical() -> None:
    plan = schedule(
        flat(
            Vpc=resource("AWS::EC2::VPC"),
            Role=resource("AWS::IAM::Role"),
            Nat=resource("AWS::EC2::NatGateway", Properties={"V": {"Ref": "Vpc"}}),
        )
    )
    vpc, nat = plan.step(Address("root", "Vpc")), plan.step(Address("root", "Nat"))
    assert (vpc.start, vpc.seconds) == (0, DURATIONS["AWS::EC2::VPC"].typical)
    assert nat.start == vpc.finish
    assert plan.total == nat.finish
    assert [address.logical_id for address in plan.critical] == ["Vpc", "Nat"]


def nested(slow: str) -> Templates:
    """A child whose output is soon known but which takes long, and one that needs the output."""
    stack = "AWS::CloudFormation::Stack"
    vpc = {"Fn::GetAtt": ["Network", "Outputs.Vpc"]}
    return {
        "root": {
            "Resources": {
                "Network": resource(stack, Properties={"TemplateURL": "network.template.json"}),
                "Keys": resource(
                    stack,
                    Properties={"TemplateURL": "keys.template.json", "Parameters": {"V": vpc}},
                ),
            }
        },
        "network": {
            "Resources": {"Vpc": resource("AWS::EC2::VPC"), "Slow": resource(slow)},
            "Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}}},
        },
        "keys": {"Resources": {"Key": resource("AWS::KMS::Key", Properties={"V": {"Ref": "V"}})}},
    }


def test_a_nested_stack_holds_back_its_sibling_until_all_of_it_is_there() -> None:
    plan = schedule(nested("AWS::EC2::NatGateway"))
    slow = DURATIONS["AWS::EC2::NatGateway"].typical
    key = plan.step(Address("keys", "Key"))
    assert key.start == slow + STACK.typical * 1.5  # its own overhead begins before it
    assert plan.critical == (Address("network", "Slow"), Address("keys", "Key"))
    assert plan.total == key.finish + STACK.typical / 2


def test_the_cost_of_nesting_says_which_stack_costs_it() -> None:
    child = nested("AWS::EC2::NatGateway")
    whole = flat(
        Vpc=resource("AWS::EC2::VPC"),
        Slow=resource("AWS::EC2::NatGateway"),
        Key=resource("AWS::KMS::Key", Properties={"V": {"Ref": "Vpc"}}),
    )
    cost = nesting_cost(child, whole)
    assert cost.resources == DURATIONS["AWS::EC2::NatGateway"].typical
    assert cost.nested - cost.resources == pytest.approx(sum(s for _, s in cost.components))
    assert [name for name, _ in cost.components] == ["network", "keys"]
    assert cost.ratio > 1


def test_an_update_is_reckoned_by_what_changes() -> None:
    only = {Address("keys", "Key")}
    plan = schedule(nested("AWS::EC2::NatGateway"), only)
    assert plan.total == DURATIONS["AWS::KMS::Key"].typical + STACK.typical
    assert plan.critical == (Address("keys", "Key"),)
    assert schedule(nested("AWS::EC2::NatGateway"), ()).total == 0


def test_resources_in_a_circle_are_an_error() -> None:
    circle = flat(A=resource("T", DependsOn="B"), B=resource("T", DependsOn="A"))
    with pytest.raises(DeployError, match="depend on each other in a circle"):
        schedule(circle)


def test_what_is_usual_depends_on_what_a_service_runs_and_how_an_endpoint_is_made() -> None:
    assert usual("AWS::ECS::Service", "OrchestrationService").high == 600
    assert usual("AWS::ECS::Service", "Mine") == DURATIONS["AWS::ECS::Service"]
    assert usual("AWS::New::Thing") == UNKNOWN
    gateway = schedule(flat(E=resource("AWS::EC2::VPCEndpoint", Properties={})))
    interface = schedule(
        flat(E=resource("AWS::EC2::VPCEndpoint", Properties={"VpcEndpointType": "Interface"}))
    )
    assert gateway.total < interface.total


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("layout", Layout)
def test_everything_compiled_has_a_place_and_a_known_duration(spec: Path, layout: Layout) -> None:
    sources = compiled(spec, layout)
    plan = schedule(sources)
    assert len(plan.steps) == sum(len(t["Resources"]) for t in sources.values())
    assert all(each.low <= each.high for each in DURATIONS.values())
    assert UNKNOWN not in [step.usual for step in plan.steps]
    assert plan.total == max(step.finish for step in plan.steps)


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_nested_stacks_cost_at_most_15_percent(spec: Path) -> None:
    cost = nesting_cost(compiled(spec, Layout.NESTED), compiled(spec, Layout.FLAT))
    assert cost.ratio <= NESTING_LIMIT, cost.components


def test_the_expected_schedule_as_text_names_the_critical_path_and_its_sources() -> None:
    child, whole = templates(Layout.NESTED), templates(Layout.FLAT)
    text = expected_text("camunda", schedule(child), cost=nesting_cost(child, whole))
    assert "AuroraInstance1" in text and "terraform-provider-aws#14862" in text
    assert "Nested stacks account for" in text and "\x1b" not in text
    assert "SeedLogGroup" not in text
    assert "SeedLogGroup" in expected_text("camunda", schedule(child), everything=True)
    for width in (30, 45, 60, 80, 200):  # bars and names as wide as the terminal allows
        lines = expected_text("camunda", schedule(child), width=width).splitlines()
        bars = [line for line in lines if "█" in line]
        assert bars and max(map(len, bars)) <= max(width, 36), width
        assert any("AuroraInstance1 " in line for line in bars)


def test_the_picture_needs_nothing_from_elsewhere_and_escapes_names() -> None:
    page = timeline_html("<camunda>", [expected_chart("<camunda>", schedule(templates()))])
    assert "&lt;camunda&gt;" in page and "<camunda>" not in page
    assert "prefers-color-scheme: dark" in page
    assert "default-src" in page
    assert not any(word in page for word in ("http:", "https:", "<link", "@import", "url(", "src="))


def test_the_picture_shows_characters_that_would_hide_or_move_others() -> None:
    name = "camunda\u202egnitset\x1b[31m\x9b"
    chart = expected_chart(name, schedule(templates()))
    row = replaced(chart.rows[0], name="Vpc\u2066", component="network\x85", note="\u200b")
    page = timeline_html(name, [replaced(chart, rows=(row, *chart.rows[1:]))])
    assert not re.search("[\u202e\u2066\u200b\x1b\x9b\x85]", page)
    assert r"camunda\u202egnitset\x1b[31m\x9b" in page and r"Vpc\u2066" in page


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0s"), (59.6, "1m00s"), (450, "7m30s"), (3720, "1h02m")]
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert clock(seconds) == said
