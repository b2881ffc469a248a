"""The registry of rules, and the decorator that adds to it.

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
    """A rule broken at a path of the spec."""

    path: Path
    message: str
    hint: str | None = None
    severity: Severity | None = None  # where it differs from the rule's own
    required: bool = False  # `ignore` does not help: nothing to compile, or never to be deployed
    written: bool = False  # counts only if the spec itself chooses the value


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
        """The rule's meaning, reason and remedy: Markdown paragraphs."""
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


def findings(
    deployment: Deployment, chooses: Callable[[Path], bool] = lambda _: False
) -> list[Finding]:
    """Return violations of rules that the spec does not ignore, and entries that ignore nothing.

    Some violations cannot be ignored: see `Violation.required`. `chooses` tells whether the spec
    itself has a value of its own at a path.
    """
    found = [
        (each, broken)
        for each in RULES.values()
        for broken in each.check(deployment)
        if not broken.written or chooses(broken.path)
    ]
    broken_codes = {each.code for each, _ in found}
    ignored = {entry.rule for entry in deployment.ignore}
    left = [
        Finding(
            broken.path,
            each.code,
            broken.message,
            broken.hint,
            broken.severity or each.severity,
        )
        for each, broken in found
        if broken.required or each.code not in ignored
    ]
    for index, entry in enumerate(deployment.ignore):
        path: Path = ("ignore", index, "rule")
        if entry.rule not in RULES:
            left.append(Finding(path, "CAM020", f"there is no rule {entry.rule}"))
        elif entry.rule not in broken_codes:
            message = f"{entry.rule} is ignored, but the spec does not break it"
            hint = "remove the entry"
            left.append(Finding(path, "CAM021", message, hint, Severity.WARNING))
    return left
