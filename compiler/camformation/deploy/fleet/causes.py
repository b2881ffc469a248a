"""Failures of instances grouped by cause: reasons that differ only in names are one cause."""

import re
from collections.abc import Iterable

from camformation.deploy.fleet.known_causes import known
from camformation.deploy.operation.causes import plain
from camformation.deploy.operation.signatures import filled
from camformation.fleet.targets import Place
from camformation.frozen import frozen


@frozen
class Cause:
    """A cause and its advice. Reasons with the same `key` have the same cause."""

    key: str
    text: str
    advice: str


@frozen
class CauseGroup:
    """The places that failed for one cause; `example` is the first one's original reason."""

    cause: Cause
    places: tuple[Place, ...]
    example: str


REPEAT = "then run `camformation fleet deploy` again"
WRAPPING = re.compile(
    r"ResourceLogicalId: ?(?P<id>\w+), ResourceType: ?(?P<type>[\w:]+), "
    r"ResourceStatusReason: ?(?P<said>.*)",
    re.DOTALL,
)
SDK = re.compile(
    r" ?\(Service: ?[^(),;]*[,;] Status Code: ?\d+(?:[,;] Error Code: ?(?P<code>\w+))?[^()]*\)"
    r"(?: ?\(SDK Attempt Count: ?\d+\))?"
)
TOKEN = r"(?:RequestToken|(?:Extended )?Request ID|RequestId|request id): ?[\w+/=-]{8,}"
NOISE = re.compile(
    rf" ?\({TOKEN}\)|[,;]? ?{TOKEN}|\.? ?Encoded authorization failure message: ?[\w.-]+"
)
"""Details that are useful only to AWS Support."""
NUMBERED = re.compile(r"^(?P<id>[A-Za-z]+)\d+(?P<rest>[A-Za-z]*: )")
HANDLER = re.compile(
    r'Resource handler returned message: "(?P<said>.*)" '
    r"\((?:RequestToken: [^,)]*, )?HandlerErrorCode: (?P<code>\w+)\)\.?",
    re.DOTALL,
)

VARIABLE = (
    (re.compile(r"\barn:aws[\w-]*:[^\s,\"')\]}]+"), "<arn>"),
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\bStackSet-[\w-]*(?:<id>)?"), "<stack>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{12}\b"), "<account>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\b"), "<address>"),
    (re.compile(r"\b(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-[a-z]+){1,2}-\d[a-f]?\b"), "<region>"),
    (re.compile(r"\b[a-z]{1,10}(?:-[a-z]{1,10})?-[0-9a-f]{8,17}\b"), "<id>"),
    (re.compile(r"\b[\w-]+-(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{10,13}\b"), "<name>"),
    (re.compile(r"\b[0-9a-fA-F]{16,}\b"), "<id>"),
)  # fmt: skip
"""The parts of a reason that differ between instances with the same cause."""


def cause_of(reason: str) -> Cause:
    """Return the cause in a status reason."""
    said = essence(reason)
    for key, pattern, text, advice in known():
        if found := pattern.search(said):
            return Cause(key, _key(filled(text, found)), f"{filled(advice, found)}; {REPEAT}")
    if not said:
        return Cause("unknown", "AWS gave no reason", "check the stack's events in its account")
    key = _key(said)
    return Cause(key, key, f"fix it in these accounts; {REPEAT}")


def essence(reason: str) -> str:
    """Return a reason without the wrapping of StackSets and resource handlers."""
    found = WRAPPING.search(reason)
    said, who = (found["said"], f"{found['id']}: ") if found else (reason, "")
    handled = HANDLER.search(said)
    if handled:
        said = f"{handled['said']} ({handled['code']})"
    said = NOISE.sub("", SDK.sub(_error_code, plain(said))).strip()
    return f"{who}{said}" if said else ""


def _error_code(found: re.Match[str]) -> str:
    return f" ({found['code']})" if found["code"] else ""


def grouped(failures: Iterable[tuple[Place, str]]) -> tuple[CauseGroup, ...]:
    """Return failures by cause, the most frequent one first."""
    found: dict[str, tuple[Cause, list[Place], str]] = {}
    seen: dict[str, Cause] = {}
    for place, reason in failures:
        cause = seen.get(reason) or seen.setdefault(reason, cause_of(reason))
        found.setdefault(cause.key, (cause, [], reason))[1].append(place)
    groups = (CauseGroup(cause, tuple(places), said) for cause, places, said in found.values())
    return tuple(sorted(groups, key=lambda group: (-len(group.places), group.cause.key)))


def _key(said: str) -> str:
    said = NUMBERED.sub(r"\g<id><n>\g<rest>", said)
    for pattern, name in VARIABLE:
        said = pattern.sub(name, said)
    return said
