"""Zones given by count are chosen once and never move a live subnet."""

import json
from dataclasses import replace
from typing import Any

import pytest

from camformation.deploy.change.zones import (
    choose_zones,
    pin_zones,
    recorded_zones,
    resolve_zones,
    zones_wanted,
)
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.stacks import Zone
from camformation.layout import Layout
from deployments import templates


def zone(name: str, **more: str) -> Zone:
    ordinary = Zone(name, f"id-{name}", "available", "availability-zone", "opt-in-not-required")
    return replace(ordinary, **more)


ZONES = tuple(zone(f"eu-west-2{letter}") for letter in "bca")


@pytest.fixture(params=Layout)
def compiled(request: pytest.FixtureRequest) -> dict[str, Any]:
    return templates(request.param, network={"availability_zones": 3})


def test_names_take_the_place_of_every_get_azs(compiled: dict[str, Any]) -> None:
    pinned = resolve_zones(compiled, None, ZONES)
    assert zones_wanted(compiled) == 3
    assert zones_wanted(pinned) == 0
    assert "Fn::GetAZs" not in json.dumps(pinned)
    subnets = [
        resource["Properties"]["AvailabilityZone"]
        for template in pinned.values()
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::EC2::Subnet"
    ]
    assert subnets == ["eu-west-2a", "eu-west-2b", "eu-west-2c"] * 2


def test_zones_without_fargate_are_not_chosen() -> None:
    ids = {"a": "apne1-az4", "b": "apne1-az3", "c": "apne1-az1", "d": "apne1-az2"}
    tokyo = [zone(f"ap-northeast-1{letter}", id=each) for letter, each in ids.items()]
    assert choose_zones(tokyo, 3) == ("ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d")
    kept = choose_zones(tokyo, 2, ["ap-northeast-1b"])
    assert kept == ("ap-northeast-1b", "ap-northeast-1a")


def test_the_choice_is_recorded_in_the_root_alone(compiled: dict[str, Any]) -> None:
    pinned = resolve_zones(compiled, None, ZONES)
    assert recorded_zones(pinned) == ("eu-west-2a", "eu-west-2b", "eu-west-2c")
    assert pinned["root"]["Metadata"]["Camformation"]["Deployment"] == "camunda"
    assert sum("AvailabilityZones" in json.dumps(t.get("Metadata")) for t in pinned.values()) == 1


def test_compiled_templates_stay_as_they_are(compiled: dict[str, Any]) -> None:
    before = json.dumps(compiled)
    resolve_zones(compiled, None, ZONES)
    assert json.dumps(compiled) == before


def test_a_new_zone_and_another_order_change_nothing(compiled: dict[str, Any]) -> None:
    deployed = resolve_zones(compiled, None, [zone("eu-west-2b"), zone("eu-west-2c"), ZONES[2]])
    later = [zone("eu-west-2" + letter) for letter in "0fcba"]
    assert resolve_zones(compiled, deployed, later) == deployed


def test_a_zone_that_closed_is_kept(compiled: dict[str, Any]) -> None:
    deployed = resolve_zones(compiled, None, ZONES)
    assert resolve_zones(compiled, deployed, [zone("eu-west-2a", state="impaired")]) == deployed


def test_a_further_zone_joins_those_that_live() -> None:
    kept = ("eu-west-2c", "eu-west-2b")
    assert choose_zones(ZONES, 3, kept) == ("eu-west-2c", "eu-west-2b", "eu-west-2a")


def test_fewer_zones_keep_the_first() -> None:
    assert choose_zones(ZONES, 2, ("eu-west-2c", "eu-west-2b", "eu-west-2a")) == (
        "eu-west-2c",
        "eu-west-2b",
    )


def test_only_zones_that_can_hold_a_cluster_are_chosen() -> None:
    zones = [
        zone("us-west-2-lax-1a", kind="local-zone", opt_in="opted-in"),
        zone("us-west-2-wl1-den-wlz-1", kind="wavelength-zone", opt_in="opted-in"),
        zone("us-west-2a", state="unavailable"),
        zone("us-west-2b", opt_in="not-opted-in"),
        zone("us-west-2d", opt_in="opted-in"),
        zone("us-west-2c"),
    ]
    assert choose_zones(zones, 2) == ("us-west-2c", "us-west-2d")


def test_too_few_zones_are_an_error_that_says_how_many() -> None:
    with pytest.raises(DeployError) as raised:
        choose_zones(ZONES[:2], 3)
    assert raised.value.code == "CAM613"
    assert (
        "3 zones" in raised.value.message
        and "the account has 2 in this region" in raised.value.message
    )


def test_named_zones_are_left_alone() -> None:
    named = templates(Layout.FLAT, network={"availability_zones": ["eu-west-2a", "eu-west-2c"]})
    assert resolve_zones(named, None, ()) is named


def test_templates_deployed_without_names_are_left_so(compiled: dict[str, Any]) -> None:
    assert resolve_zones(compiled, compiled, ZONES) is compiled


def test_the_region_may_be_spelled_out() -> None:
    select = {"Fn::Select": ["1", {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}
    other = {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}
    root = {"Resources": {"A": {"Properties": {"Zone": select, "Other": other}}}}
    pinned = pin_zones({"root": root}, ["a", "b"])["root"]["Resources"]["A"]["Properties"]
    assert pinned == {"Zone": "b", "Other": other}
