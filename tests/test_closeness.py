"""\"Did you mean\" suggests what is close, and nothing else."""

import pytest

from camformation.closeness import SYNONYMS, closest
from camformation.explain import subjects
from camformation.schema import FLEET, part_at


def keys(*path: str) -> list[str]:
    part = part_at(path)
    assert part
    return list(part["properties"])


SPEC = keys()
ORCHESTRATION = keys("orchestration")
CONNECTORS = keys("connectors")
DATABASE = keys("database")
NETWORK = keys("network")
PROFILES = ["development", "reference", "production"]

GOOD = [
    ("regin", SPEC, "region"),
    ("conectors", SPEC, "connectors"),
    ("ocnnectors", SPEC, "connectors"),
    ("secret", SPEC, "secrets"),
    ("Tags", SPEC, "tags"),
    ("nmae", SPEC, "name"),
    ("orchestrationCluster", ["orchestration_cluster"], "orchestration_cluster"),
    ("authentification", SPEC, "authentication"),
    ("auth", SPEC, "authentication"),
    ("db", SPEC, "database"),
    ("vpc", SPEC, "network"),
    ("zeebe", SPEC, "orchestration"),
    ("borkers", ORCHESTRATION, "brokers"),
    ("brokers_", ORCHESTRATION, "brokers"),
    ("broker", ORCHESTRATION, "brokers"),
    ("replicas", ORCHESTRATION, "brokers"),
    ("replicas", CONNECTORS, "tasks"),
    ("env", ORCHESTRATION, "environment"),
    ("memory", ORCHESTRATION, "memory_mib"),
    ("memroy_mib", ORCHESTRATION, "memory_mib"),
    ("memoryMib", ORCHESTRATION, "memory_mib"),
    ("image_tag", ORCHESTRATION, "image"),
    ("replication-factor", ORCHESTRATION, "replication_factor"),
    ("replicaton_factro", ORCHESTRATION, "replication_factor"),
    ("instance_type", DATABASE, "instance_class"),
    ("delete_protection", DATABASE, "deletion_protection"),
    ("zones", NETWORK, "availability_zones"),
    ("prod", PROFILES, "production"),
    ("prodution", PROFILES, "production"),
    ("AuroraCluser", ["AuroraCluster", "AuroraInstance1"], "AuroraCluster"),
]
BAD = [
    ("sidecars", SPEC),
    ("ulimits", ORCHESTRATION),
    ("roles", SPEC),
    ("labels", ORCHESTRATION),
    ("ports", SPEC),
    ("labels", SPEC),
    ("identity", SPEC),
    ("optimize", SPEC),
    ("command", ORCHESTRATION),
    ("health_check", ORCHESTRATION),
    ("node", ["mode"]),
    ("role", ["rule", "reason"]),
    ("port", ["sort", "host"]),
    ("storage", DATABASE),
    ("data", SPEC),
    ("", SPEC),
    ("___", SPEC),
    ("x", SPEC),
    ("é" * 2_000, SPEC),
    ("nested", PROFILES),
]


@pytest.mark.parametrize(("word", "known", "meant"), GOOD)
def test_what_is_close_is_suggested(word: str, known: list[str], meant: str) -> None:
    assert closest(word, known) == meant


@pytest.mark.parametrize(("word", "known"), BAD)
def test_what_is_not_close_is_not_suggested(word: str, known: list[str]) -> None:
    assert closest(word, known) is None


def test_synonyms_are_of_words_that_there_are() -> None:
    fields = {step for language in ("deployment", FLEET) for path in subjects(language)
              for step in path.split(".")}  # fmt: skip
    fields |= {*PROFILES, "ARM64", "X86_64"}
    assert {meant for named in SYNONYMS.values() for meant in named} <= fields
    assert not [word for word in SYNONYMS if word != word.lower() or "-" in word]
