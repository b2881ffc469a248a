"""The rule for stores of secrets that Camunda resolves in processes."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.durations import seconds
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, Settings, broker_settings, switched
from camformation.spelling import bound

ID = "DEFAULT"
LARGEST = 20  # secrets of one BatchGetSecretValue
TTL, CACHED = "CAMUNDA_SECRETS_CACHE_TTL", "CAMUNDA_SECRETS_CACHE_MAXSIZE"
_NAME = r"(?i)CAMUNDA_SECRETS_STORES_(FILE|AWS|GCP)_([A-Z0-9]+)_(.+)"


@rule("CAM259", "Secret store that brokers cannot use")
def stores(d: Deployment) -> Iterator[Violation]:
    """From 8.10 on, brokers resolve `camunda.secrets.NAME` in processes from one store, whose ID is
    `default`: brokers do not start with another ID, or with a second store. A store in AWS Secrets
    Manager asks for at most 20 secrets at once, and for several or for one that holds all, not
    both. What it has read is kept for whole minutes.

    The store uses the brokers' task role: `secretsmanager:GetSecretValue`, and `ListSecrets` unless
    one secret holds all, have to be in `task_statements` or `task_policies`.

    Source: Camunda docs, Orchestration Cluster properties (secrets); camunda/camunda, Secrets;
    camunda/camunda-docs pull request 9823.
    """
    if d.version == "8.9":
        return  # CAM114
    settings = broker_settings(d)
    found: dict[tuple[str, str], dict[str, Setting]] = {}
    for each in settings.all:
        if named := re.fullmatch(_NAME, each.variable):
            of = found.setdefault((named[1].upper(), named[2].upper()), {})
            of.setdefault(bound(named[3]), each)
    usable: list[tuple[str, str]] = []
    for (kind, name), given in found.items():
        first = next(iter(given.values()))
        if name != ID:
            yield Violation(
                first.path,
                f"brokers do not start with a secret store {name.lower()}: the only ID is default",
                f"name it CAMUNDA_SECRETS_STORES_{kind}_{ID}_…",
            )
        elif usable:
            yield Violation(
                first.path,
                f"brokers do not start with two secret stores: {usable[0][0]} is one already",
                "remove one of them",
            )
        else:
            usable.append((kind, name))
        if kind == "AWS":
            yield from _of_aws(d, given, first)
    yield from _cached(settings)


def _of_aws(d: Deployment, given: Mapping[str, Setting], first: Setting) -> Iterator[Violation]:
    size, all_in_one = given.get("BATCHSIZE"), given.get("CONTAINERSECRETID")
    batch = given.get("BATCHENABLED")
    batched = batch is not None and switched(batch.value or "") is True
    number = (size.value or "").strip() if size else ""
    if size and number.isdecimal() and not 1 <= int(number[:9]) <= LARGEST:
        yield Violation(
            size.path,
            f"brokers start only with {size.said} from 1 to {LARGEST}",
            f"write {LARGEST} or less",
        )
    if batch and batched and all_in_one:
        yield Violation(
            all_in_one.path,
            f"{all_in_one.said} says that one secret holds all: brokers do not start with "
            "BATCHENABLED besides",
            f"{all_in_one.removal}, or {batch.removal}",
        )
    needed = ["GetSecretValue"] + ["ListSecrets"] * (not all_in_one)
    needed += ["BatchGetSecretValue"] * (batched and not all_in_one)
    o = d.orchestration
    if o.task_policies or any(each.component in ("orchestration", "root") for each in d.patches):
        return
    granted = [each for s in o.task_statements if s.effect == "Allow" for each in s.actions]
    missing = [f"secretsmanager:{each}" for each in needed if not _grants(granted, each)]
    if missing:
        yield Violation(
            first.path,
            f"the brokers' task role may not do {' and '.join(missing)}, so no secret of this "
            "store is found",
            f"add a statement with {', '.join(missing)} to orchestration.task_statements",
            Severity.WARNING,
        )


def _grants(actions: list[str], action: str) -> bool:
    asked = f"secretsmanager:{action}".lower()
    return any(fnmatch(asked, each.lower()) for each in actions)


def _cached(settings: Settings) -> Iterator[Violation]:
    kept = settings.find(TTL)
    time = seconds(kept.value) if kept and kept.value else None
    if kept and time is not None and (time < 60 or time % 60):
        yield Violation(
            kept.path,
            f"brokers start only with {kept.said} of whole minutes, at least one",
            f"write {max(1, round(time / 60))}m",
        )
    most = settings.find(CACHED)
    if most and re.fullmatch(r"\s*(?:-\d{1,9}|0+)\s*", most.value or ""):
        yield Violation(
            most.path,
            f"brokers start only with {most.said} of 1 or more",
            "write 1000, which is the default",
        )
