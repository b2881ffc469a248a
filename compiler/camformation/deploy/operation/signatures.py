"""Known failures, recognized by messages of AWS and the containers' logs, with their meaning and
advice.

The data is in `schemas/signatures.yaml`, and is read when something has failed.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from camformation.assets import asset
from camformation.deploy.operation.events import Evidence, Output
from camformation.deploy.operation.log_levels import severe
from camformation.frozen import frozen
from camformation.rules.images import image
from camformation.source import parse

AWS = "aws"  # status reasons of CloudFormation and ECS, of load balancers' targets, denied calls
LOG = "log"  # log lines of containers and functions

EXITED = ("Essential container in task exited", "EssentialContainerExited")
"""Stop reasons of a task that are less specific than its log."""

WHY_UNHEALTHY = "due to (reason"  # in the message of a service whose targets are unhealthy

SEED = "seed task"  # in the reason of the custom resource that runs it

FRAME = re.compile(
    r"^\s*(?:at [\w$.<>/@-]+\(.*|\.\.\. \d+ (?:more|common frames omitted).*)$", re.MULTILINE
)
"""A line of a stack trace between its causes. An event of a log has the whole trace."""

LONGEST = 8000
"""Number of characters searched for failures: from the start and the end of a text, without stack
frames. An event may have a million, and the time for patterns grows with their square."""

INCREASE = "aws service-quotas request-service-quota-increase --service-code {} --quota-code {}"


@frozen
class Signature:
    """A known failure. Signatures with the same `key` are worded for different cases of one."""

    key: str
    patterns: tuple[re.Pattern[str], ...]
    means: str
    advice: str
    place: str  # AWS | LOG
    kind: str | None  # permanent: repeats whenever the same is tried; transient: passes; else None
    generic: bool  # less specific than most others
    aside: bool  # about something that does not end a task; counts last
    account: bool  # caused by the account, whatever is deployed there
    ends: bool  # the process that writes it ends, whatever else its log says
    source: str | None
    versions: tuple[str, ...] = ()  # of Camunda, with their own messages or advice


class Said(NamedTuple):
    """A text, its place, and the version of Camunda that wrote it, if known."""

    place: str
    text: str
    version: str | None = None


@frozen
class Recognised:
    """A known failure: its meaning and advice, with names from the text."""

    key: str
    means: str
    advice: str
    kind: str | None
    generic: bool
    text: str  # the text, or the line of it, in which it was recognized
    source: str | None = None


@cache
def signatures(version: str | None = None) -> tuple[Signature, ...]:
    """Return every signature in the form for a version of Camunda; the first match counts."""
    return tuple(_signature(name, each, version) for name, each in _read().items())


@cache
def versions() -> frozenset[str]:
    """Return the versions of Camunda with their own messages or advice."""
    return frozenset(version for each in signatures() for version in each.versions)


def recognised(texts: Iterable[Said]) -> Recognised | None:
    """Return the failure that texts describe; None if it is not known.

    Texts are ordered by weight: a task's own messages before its service's. A generic signature
    counts only if no text matches another one, and one marked as aside only after that. A permanent
    failure with which a process says that it ends counts more than other lines of logs.
    """
    given = [(said, _short(said.text)) for said in texts if said.text]
    for rank in range(3):
        for said, text in given:
            if found := _matched(said, text, rank):
                decided = said.place == AWS and not rank
                return found if decided or found.kind == "permanent" else _end(given) or found
    return None


def ending(text: str) -> bool:
    """Whether a process says with an event of its log that it ends."""
    said = _short(text)
    return severe(text) and any(pattern.search(said) for pattern in _endings())


def _end(given: list[tuple[Said, str]]) -> Recognised | None:
    """Return the permanent failure in an event by which a process says that it ends, if known."""
    for said, text in given:
        if said.place == LOG and ending(text):
            found = _matched(said, text, 0)
            if found and found.kind == "permanent":
                return found
    return None


def _matched(said: Said, text: str, rank: int) -> Recognised | None:
    for each in signatures(said.version):
        if each.generic + each.aside == rank and each.place == said.place:
            for pattern in each.patterns:
                if found := pattern.search(text):
                    return _worded(each, found, text)
    return None


def said_of(
    reason: str | None,
    evidence: Evidence | None,
    said: Iterable[str],
    output: Output | None = None,
    version: str | None = None,
) -> Iterator[Said]:
    """Yield the texts about a failure, the most specific first. `version`: the deployment's, for
    images whose tag has none."""
    said = tuple(said)
    if evidence:
        targets = [Said(AWS, f"{each.reason} {each.description}") for each in evidence.targets]
        health = "health check" in evidence.stopped_reason
        if health:
            yield from targets
            yield from (Said(AWS, each) for each in said if WHY_UNHEALTHY in each)
        stopped = Said(AWS, evidence.stopped_reason)
        yield from () if evidence.stopped_reason in EXITED else (stopped,)
        yield from (Said(AWS, each.reason) for each in evidence.containers if each.reason)
        running = {each.name: _version(each.image) for each in evidence.containers}
        for line in reversed(evidence.log):  # its stream begins with the container's name
            own = running.get(line.stream.partition("/")[0])
            yield Said(LOG, line.text, own or (version if version in versions() else None))
        for each in sorted(evidence.containers, key=lambda one: one.weight, reverse=True):
            if each.exit_code:
                exited = f"container {each.name} exited with code {each.exit_code}"
                yield Said(AWS, f"{evidence.stopped_reason}: {exited}")
        yield stopped
        yield from () if health else targets
    if output:
        yield from (Said(LOG, each.text) for each in reversed(output.lines))
    if reason and SEED in reason:  # which ends with the task's output
        yield Said(LOG, reason)
    yield Said(AWS, reason or "")
    yield from (Said(AWS, each) for each in said)


def advice_on(texts: Iterable[Said]) -> str | None:
    """Return the meaning of texts and the advice in one sentence, if known."""
    found = recognised(texts)
    return f"{found.means}: {found.advice}" if found else None


def filled(text: str, found: re.Match[str]) -> str:
    """Return a text whose braces are replaced with the pattern's named groups."""
    return text.format(**found.groupdict()) if found.groupdict() else text


def _short(text: str) -> str:
    said = " ".join(FRAME.sub("", text).split())
    half = LONGEST // 2
    return said if len(said) <= LONGEST else f"{said[:half]} … {said[-half:]}"


def _worded(signature: Signature, found: re.Match[str], text: str) -> Recognised:
    return Recognised(
        signature.key,
        filled(signature.means, found),
        filled(signature.advice, found),
        signature.kind,
        signature.generic,
        text,
        signature.source,
    )


@cache
def _endings() -> tuple[re.Pattern[str], ...]:
    return tuple(pattern for each in signatures() if each.ends for pattern in each.patterns)


@cache
def _read() -> dict[str, Any]:
    return dict(parse(asset("schemas", "signatures.yaml").read_bytes(), "signatures.yaml").data)


def _version(reference: str) -> str | None:
    """Return the version of Camunda in an image's tag, if it has its own messages or advice."""
    minor = image(reference).minor
    version = ".".join(map(str, minor)) if minor else None
    return version if version in versions() else None


def _signature(name: str, given: dict[str, Any], version: str | None) -> Signature:
    own = given.get("versions", {})
    theirs = [own[each] for each in own if version in (None, each)]
    read = {**given, **own.get(version, {})}
    patterns = [each for part in (given, *theirs) for each in part.get("patterns", ())]
    advice = str(read.get("advice", ""))
    if quota := read.get("quota"):
        request = INCREASE.format(quota["service"], quota["code"])
        raised = f"raise the quota `{quota['name']}` of that account and region: "
        raised += f"`{request} --desired-value N`"
        advice = f"{raised}, {advice}" if advice else raised
    return Signature(
        key=str(read.get("key", name)),
        patterns=tuple(re.compile(str(each)) for each in patterns),
        means=str(read["means"]),
        advice=advice,
        place=str(read.get("in", AWS)),
        kind=read.get("kind"),
        generic=bool(read.get("generic", False) or read.get("aside", False)),
        aside=bool(read.get("aside", False)),
        account=bool(read.get("account", False)),
        ends=bool(read.get("ends", False)),
        source=read.get("source"),
        versions=tuple(map(str, own)),
    )
