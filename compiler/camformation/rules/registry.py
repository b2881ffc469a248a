"""How a rule is written down, and the list of all of them.

A rule is a generator over the deployment, registered under its code. Its docstring is its
documentation: `camformation explain CAM101` prints it and `docs/rules.md` is made of it, so it says
what goes wrong, why, and what to do, and names the source. Codes are stable; a retired code is
never used again.
"""

from collections.abc import Callable, Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Finding, Path, Severity
from camformation.frozen import frozen


@frozen
class Violation:
    """A rule broken at a path of the spec; `severity` where it differs from the rule's own."""

    path: Path
    message: str
    hint: str | None = None
    severity: Severity | None = None


Check = Callable[[Deployment], Iterator[Violation]]


@frozen
class Rule:
    """A semantic rule: `check` yields every violation in a deployment."""

    code: str
    title: str
    severity: Severity
    check: Check

    @property
    def text(self) -> str:
        """What the rule means, why, and what to do about it: Markdown paragraphs."""
        return self.check.__doc__ or ""


RULES: dict[str, Rule] = {}


def rule(code: str, title: str, severity: Severity = Severity.ERROR) -> Callable[[Check], Check]:
    """Register the decorated check under `code`."""

    def register(check: Check) -> Check:
        if code in RULES:
            raise ValueError(f"two rules are called {code}")
        RULES[code] = Rule(code, title, severity, check)
        return check

    return register


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield every violation of every rule."""
    for _, each in sorted(RULES.items()):
        for found in each.check(deployment):
            severity = found.severity or each.severity
            yield Finding(found.path, each.code, found.message, found.hint, severity)
