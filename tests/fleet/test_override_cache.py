"""What was read of an instance is read again only when something has touched it."""

from pathlib import Path

import pytest

from camformation.cli.override_cache import OverrideCache
from camformation.deploy.cloud.stack_sets import StackInstance
from camformation.deploy.fleet.live_fleet import Live, read_live
from fleet.simulated import NAME, Fleet, target

PLACE = ("000000000001", "eu-west-2")


@pytest.fixture(autouse=True)
def cache_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def opened() -> OverrideCache:
    return OverrideCache("111122223333", "eu-west-2", NAME)


def instance(operation: str | None, state: str = "SUCCEEDED") -> StackInstance:
    return StackInstance(*PLACE, "CURRENT", state, "", "arn:1", last_operation_id=operation)


def live(of: StackInstance, **overrides: str) -> Live:
    return Live(None, {PLACE: of}, {PLACE: overrides})


def test_overrides_hold_until_another_operation() -> None:
    assert opened().known(instance("one")) is None
    opened().remember(live(instance("one"), VpcCidr="10.0.0.0/16"))
    assert opened().known(instance("one")) == {"VpcCidr": "10.0.0.0/16"}
    assert opened().known(instance("two")) is None
    assert opened().known(instance(None)) is None


@pytest.mark.parametrize("of", [instance(None), instance("one", "RUNNING")])
def test_what_may_change_yet_is_not_kept(of: StackInstance) -> None:
    opened().remember(live(of, A="b"))
    assert opened().known(of) is None


def test_instances_that_are_gone_are_forgotten(cache_home: Path) -> None:
    opened().remember(live(instance("one"), A="b"))
    opened().remember(Live(None, {}, {}))
    assert opened().known(instance("one")) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"a/b": ["one"]}', "\x00"])
def test_a_broken_cache_is_as_good_as_none(cache_home: Path, text: str) -> None:
    opened().remember(live(instance("one"), A="b"))
    (file,) = (cache_home / "camformation" / "fleets").iterdir()
    file.write_text(text, "utf-8")
    assert opened().known(instance("one")) is None
    opened().remember(live(instance("one"), A="b"))
    assert opened().known(instance("one")) == {"A": "b"}


def test_a_cache_that_cannot_be_written_stops_nothing(cache_home: Path) -> None:
    (cache_home / "camformation").write_text("in the way", "utf-8")
    opened().remember(live(instance("one"), A="b"))
    assert opened().known(instance("one")) is None


def test_the_second_reading_asks_for_no_overrides() -> None:
    fleet = Fleet([target(1, Owner="team")])
    fleet.deploy()
    places = [each.place for each in fleet.targets]

    def read() -> Live:
        cache = opened()
        found = read_live(fleet.sets, fleet.clock, NAME, places, known=cache.known)
        cache.remember(found)
        return found

    def asked() -> int:
        return len(fleet.called("overrides"))

    before = asked()
    assert read().overrides == {places[0]: {"Owner": "team"}} and asked() == before + 1
    assert read().overrides == {places[0]: {"Owner": "team"}} and asked() == before + 1
    fleet.targets = (target(1, Owner="others"),)
    fleet.deploy()
    before = asked()
    assert read().overrides == {places[0]: {"Owner": "others"}} and asked() == before + 1
