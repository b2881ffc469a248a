"""Blocks never overlap and never move, whatever comes and goes."""

import json
import time
from ipaddress import IPv4Network
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from camformation.diagnostics import SpecError
from camformation.fleet.binding import BoundFleet, bind
from fleet.fleets import DEFINITIONS, accounts_of, loaded

REGIONS = ["eu-west-2", "eu-central-1", "us-east-1"]
ACCOUNTS = [f"{number}11111111111" for number in range(1, 5)]
DEFINITION = DEFINITIONS["VpcCidr"]
POOL = {"VpcCidr": {"pool": "10.64.0.0/12", "prefix_length": 16}}


def fleet(places: list[tuple[str, str]], **sections: Any) -> Any:
    targets = [{"accounts": [account], "regions": [region]} for account, region in places]
    waves = [{"name": "all", "targets": targets}]
    return loaded(**{"waves": waves, "cidrs": POOL, **sections})


def bound(
    places: list[tuple[str, str]],
    lock: str | None = None,
    release: list[str] | None = None,
    **sections: Any,
) -> BoundFleet:
    content = None if lock is None else lock.encode()
    definitions = {**DEFINITIONS, "OtherCidr": DEFINITION}
    file = fleet(places, **sections)
    return bind(file, definitions, accounts_of, content, release=release or ())


def blocks(found: BoundFleet, name: str = "VpcCidr") -> dict[tuple[str, str], str]:
    return {target.place: target.parameters[name] for target in found.targets}


def codes(error: pytest.ExceptionInfo[SpecError]) -> list[str]:
    return [each.code for each in error.value.diagnostics]


def test_first_free_blocks_in_the_order_of_account_and_region() -> None:
    places = [("222222222222", "eu-west-2"), ("222222222222", "eu-central-1"),
              ("111111111111", "us-east-1")]  # fmt: skip
    found = bound(places)
    assert blocks(found) == {
        ("111111111111", "us-east-1"): "10.64.0.0/16",
        ("222222222222", "eu-central-1"): "10.65.0.0/16",
        ("222222222222", "eu-west-2"): "10.66.0.0/16",
    }
    assert found.lock == (
        "{\n"
        '  "cidrs": {\n'
        '    "VpcCidr": {\n'
        '      "111111111111/us-east-1": "10.64.0.0/16",\n'
        '      "222222222222/eu-central-1": "10.65.0.0/16",\n'
        '      "222222222222/eu-west-2": "10.66.0.0/16"\n'
        "    }\n"
        "  },\n"
        '  "version": 1\n'
        "}\n"
    )
    assert bound(places[::-1], found.lock).lock == found.lock


def test_a_block_is_an_override_even_where_it_is_the_default() -> None:
    found = bound([("111111111111", "eu-west-2")], cidrs={
        "VpcCidr": {"pool": "10.190.0.0/16", "prefix_length": 16}})  # fmt: skip
    assert found.parameters["VpcCidr"] == "10.190.0.0/16" == blocks(found).popitem()[1]


@pytest.mark.parametrize("seed", range(25))
def test_whatever_comes_and_goes_no_block_moves_or_overlaps(seed: int) -> None:
    random = Random(seed)
    everywhere = [(account, region) for account in ACCOUNTS for region in REGIONS]
    names = ["VpcCidr", "OtherCidr"]
    pools = {
        "VpcCidr": {"pool": "10.64.0.0/12", "prefix_length": 16},
        "OtherCidr": {"pool": "10.80.0.0/12", "prefix_length": 16},
    }
    lock: str | None = None
    had: dict[tuple[str, tuple[str, str]], str] = {}
    given: list[dict[str, Any]] = []
    for _ in range(8):
        places = random.sample(everywhere, random.randint(1, len(everywhere)))
        here = [each for each in given if (each["account"], each["region"]) in places]
        if random.random() < 0.4:
            place = random.choice(places)
            used = {IPv4Network(block) for block in had.values()}
            free = [n for n in IPv4Network("10.64.0.0/11").subnets(new_prefix=16) if n not in used]
            name = random.choice(names)
            if free and (name, place) not in had:
                account, region = place
                block = str(random.choice(free))
                override = {"account": account, "region": region, "parameters": {name: block}}
                if not any((e["account"], e["region"]) == place for e in given):
                    given.append(override)
                    here.append(override)
        released = []
        if lock and random.random() < 0.3:
            gone = [place for _, place in had if place not in places]
            if gone:
                place = random.choice(gone)
                released = ["/".join(place)]
                had = {key: block for key, block in had.items() if key[1] != place}
                given = [e for e in given if (e["account"], e["region"]) != place]
        found = bound(places, lock, released, cidrs=pools, overrides=here)
        assert found.lock is not None
        held = [
            (name, tuple(key.split("/")), IPv4Network(block))
            for name, entries in json.loads(found.lock)["cidrs"].items()
            for key, block in entries.items()
        ]
        ordered = sorted(held, key=lambda each: each[2])
        for (*_, one), (*_, other) in pairwise(ordered):
            assert not one.overlaps(other)
        locked = {(name, place): str(block) for name, place, block in held}
        assert had.items() <= locked.items(), "a block has moved, or was forgotten"
        for name in names:
            for place, block in blocks(found, name).items():
                assert locked[name, place] == block
                set_ = {e["parameters"].get(name) for e in here
                        if (e["account"], e["region"]) == place} - {None}  # fmt: skip
                pool = IPv4Network(pools[name]["pool"])
                assert (
                    {block} == set_
                    if set_
                    else (name, place) in had or (IPv4Network(block).subnet_of(pool))
                )
        again = bound(places, found.lock, cidrs=pools, overrides=here)
        assert again.lock == found.lock and blocks(again) == blocks(found)
        had, lock = locked, found.lock


def test_a_target_that_is_gone_keeps_its_block_until_it_is_released() -> None:
    first, second = ("111111111111", "eu-west-2"), ("222222222222", "eu-west-2")
    lock = bound([first]).lock
    assert blocks(bound([second], lock)) == {second: "10.65.0.0/16"}
    assert blocks(bound([second], lock, ["111111111111/eu-west-2"])) == {second: "10.64.0.0/16"}
    with pytest.raises(SpecError) as error:
        bound([second], lock, ["333333333333/eu-west-2"])
    assert codes(error) == ["CAM740"]


def test_the_lock_is_kept_when_nothing_is_allocated_any_more() -> None:
    place = ("111111111111", "eu-west-2")
    lock = bound([place]).lock
    found = bound([place], lock, cidrs={})
    assert found.lock == lock and found.targets[0].parameters == {}
    assert bound([place], cidrs={}).lock is None


def test_a_block_that_an_override_gave_stays_when_the_override_goes() -> None:
    place = ("111111111111", "eu-west-2")
    override = {"account": place[0], "parameters": {"VpcCidr": "10.70.0.0/16"}}
    found = bound([place], overrides=[override])
    assert blocks(bound([place], found.lock)) == blocks(found) == {place: "10.70.0.0/16"}


def test_a_wider_pool_moves_nothing() -> None:
    places = [(account, region) for account in ACCOUNTS for region in REGIONS]
    narrow = bound(places[:4], cidrs={"VpcCidr": {"pool": "10.68.0.0/14", "prefix_length": 16}})
    wide = bound(places, narrow.lock)
    assert blocks(narrow).items() <= blocks(wide).items()


@pytest.mark.parametrize(
    ("pool", "what"),
    [
        ({"pool": "10.128.0.0/12", "prefix_length": 16}, "10.64.0.0/16 at"),
        ({"pool": "10.65.0.0/16", "prefix_length": 16}, "is not in 10.65.0.0/16; nor are those of"),
    ],
)
def test_another_pool_moves_nothing_and_says_what_lies_outside(
    pool: dict[str, Any], what: str
) -> None:
    places = [(account, "eu-west-2") for account in ACCOUNTS]
    lock = bound(places).lock
    with pytest.raises(SpecError) as error:
        bound(places, lock, cidrs={"VpcCidr": pool})
    assert codes(error) == ["CAM738"]
    assert what in str(error.value)
    assert "set the block in an override, or release the block" in str(error.value)


def test_an_override_or_a_release_settles_a_block_outside_the_pool() -> None:
    place = ("111111111111", "eu-west-2")
    lock = bound([place]).lock
    other = {"VpcCidr": {"pool": "10.128.0.0/12", "prefix_length": 16}}
    override = {"account": place[0], "parameters": {"VpcCidr": "10.64.0.0/16"}}
    assert blocks(bound([place], lock, cidrs=other, overrides=[override])) == {
        place: "10.64.0.0/16"
    }
    assert blocks(bound([place], lock, ["/".join(place)], cidrs=other)) == {place: "10.128.0.0/16"}


def test_another_prefix_length_says_which_blocks_are_not_of_it() -> None:
    place = ("111111111111", "eu-west-2")
    lock = bound([place]).lock
    definitions = {"VpcCidr": {"Type": "String", "Default": "10.190.0.0/20"}}
    file = fleet([place], cidrs={"VpcCidr": {"pool": "10.64.0.0/12", "prefix_length": 20}})
    with pytest.raises(SpecError, match=r"10\.64\.0\.0/16 at .* is not a /20") as error:
        bind(file, definitions, accounts_of, lock.encode() if lock else None)
    assert codes(error) == ["CAM738"]


def test_an_override_cannot_take_the_block_of_another_target() -> None:
    first, second = ("111111111111", "eu-west-2"), ("222222222222", "eu-west-2")
    lock = bound([first]).lock
    override = {"account": second[0], "parameters": {"VpcCidr": "10.64.0.0/16"}}
    with pytest.raises(SpecError, match="that of 111111111111/eu-west-2") as error:
        bound([first, second], lock, overrides=[override])
    assert codes(error) == ["CAM739"]


def test_a_block_of_an_override_has_the_size_of_the_others() -> None:
    place = ("111111111111", "eu-west-2")
    override = {"account": place[0], "parameters": {"VpcCidr": "10.70.0.0/20"}}
    file = fleet([place], overrides=[override])
    with pytest.raises(SpecError, match=r"CAM721 .*: the blocks of `cidrs` are /16"):
        bind(file, {"VpcCidr": {"Type": "String", "Default": "10.0.0.0/16"}}, accounts_of)


def test_an_override_cannot_take_what_is_kept_for_a_target_that_has_another() -> None:
    first, second = ("111111111111", "eu-west-2"), ("222222222222", "eu-west-2")
    lock = bound([first]).lock
    away = {"account": first[0], "parameters": {"VpcCidr": "10.70.0.0/16"}}
    there = {"account": second[0], "parameters": {"VpcCidr": "10.64.0.0/16"}}
    assert blocks(bound([first], lock, overrides=[away])) == {first: "10.70.0.0/16"}
    with pytest.raises(SpecError, match="that of 111111111111/eu-west-2"):
        bound([first, second], lock, overrides=[away, there])


def test_ten_thousand_targets_get_blocks_quickly() -> None:
    accounts = [str(10**11 + number) for number in range(5_000)]
    targets = [{"accounts": accounts, "regions": ["eu-west-2", "eu-central-1"]}]
    pools = {"VpcCidr": {"pool": "10.0.0.0/8", "prefix_length": 24}}
    definitions = {"VpcCidr": {"Type": "String", "Default": "10.0.0.0/24"}}
    waves = [{"name": "all", "targets": targets}]
    file = loaded(waves=waves, cidrs=pools)
    begun = time.perf_counter()
    found = bind(file, definitions, accounts_of)
    again = bind(file, definitions, accounts_of, (found.lock or "").encode())
    assert found.lock == again.lock and len(set(blocks(found).values())) == 10_000
    same = [{"region": "eu-west-2", "parameters": {"VpcCidr": "10.0.0.0/24"}}]
    with pytest.raises(SpecError) as error:
        bind(loaded(waves=waves, cidrs=pools, overrides=same), definitions, accounts_of)
    assert codes(error) == ["CAM739"]
    assert time.perf_counter() - begun < 15


def locked(**entries: Any) -> str:
    return json.dumps({"cidrs": {"VpcCidr": entries}, "version": 1}, indent=1)


TWICE = {"111111111111/eu-west-2": "10.64.0.0/16", "222222222222/eu-west-2": "10.64.0.0/16"}
CORRUPT = [
    ("", "CAM737", "fleet.lock.json:1:1: CAM737 not valid JSON"),
    ('{\n "cidrs": {\n<<<<<<< HEAD\n', "CAM737", "3:1: CAM737 not valid JSON"),
    ('{\n "cidrs": {\n<<<<<<< HEAD\n', "CAM737", "keep the lines of both sides"),
    ("[]", "CAM737", "no mapping `cidrs`"),
    ('{"cidrs": {}, "version": 2}', "CAM737", "fleet.lock.json:1:26: CAM737"),
    ('{"cidrs": {"VpcCidr": []}, "version": 1}', "CAM737", "not a mapping of targets"),
    (locked(here="10.64.0.0/16"), "CAM737", "4:4: CAM737 'here' is not an account"),
    (locked(**{"111111111111/eu-west-2": "10.64.0.1/16"}), "CAM737", "4:30: CAM737 this is not a"),
    (locked(**{"111111111111/eu-west-2": 3}), "CAM737", "this is not a CIDR block"),
    (locked(**TWICE), "CAM739", "5:30: CAM739 10.64.0.0/16 overlaps with 10.64.0.0/16, the block"),
]


@pytest.mark.parametrize(("lock", "code", "words"), CORRUPT)
def test_a_damaged_lock_file_is_a_diagnostic(lock: str, code: str, words: str) -> None:
    with pytest.raises(SpecError) as error:
        bound([("111111111111", "eu-west-2")], lock)
    assert codes(error) == [code]
    assert words in str(error.value)


@pytest.mark.parametrize(
    "content",
    [b"\xff", b"[" * 100_000, b'{"cidrs": {"A": {"\\ud800": "x"}}, "version": 1}', b"null", b"3"],
)
def test_a_lock_file_that_is_no_text_at_all(content: bytes) -> None:
    with pytest.raises(SpecError) as error:
        bind(fleet([("111111111111", "eu-west-2")]), DEFINITIONS, accounts_of, content)
    assert "CAM737" in codes(error)


def test_a_place_twice_in_the_lock_file_is_no_guess() -> None:
    lock = locked(**{"111111111111/eu-west-2": "10.64.0.0/16"})
    entry = '"111111111111/eu-west-2": "10.64.0.0/16"'
    twice = lock.replace(entry, f"{entry},\n{entry.replace('64', '65')}")
    with pytest.raises(SpecError, match="duplicate key") as error:
        bound([("111111111111", "eu-west-2")], twice)
    assert codes(error) == ["CAM002"]


def test_damage_and_other_mistakes_are_told_together() -> None:
    with pytest.raises(SpecError) as error:
        bound([("111111111111", "eu-west-2")], "{", parameters={"Colour": "red"})
    assert codes(error) == ["CAM737", "CAM720"]


def test_the_lock_file_is_beside_the_fleet_file() -> None:
    assert fleet([("111111111111", "eu-west-2")]).lock_file == "fleet.lock.json"
