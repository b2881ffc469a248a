"""The rule for claims of tokens that Camunda does not find."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity, quoted
from camformation.rules.login import OIDC, login
from camformation.rules.registry import Violation, rule
from camformation.rules.setting_values import CLAIMS
from camformation.rules.settings import broker_settings

FIELDS = ("username_claim", "client_id_claim", "groups_claim")
PROVIDERS = "CAMUNDA_SECURITY_AUTHENTICATION_PROVIDERS_"


@rule("CAM263", "Claim that Camunda does not find")
def claims(d: Deployment) -> Iterator[Violation]:
    """`username_claim`, `client_id_claim` and `groups_claim` are each the name of a claim, or a
    path into the token: JSONPath, which begins with `$.` or `$[`, such as `$.realm_access.roles`.
    Brokers do not start with an invalid path. A name with dots and without `$.` is the name of a
    single claim, not of a claim inside another; this is a warning.

    Source: Camunda docs, Bring your own groups; camunda/camunda, OidcGroupsClaimValidator and
    OidcPrincipalLoader.
    """
    if not (found := login(d)):
        return
    for field in FIELDS:
        where: Path = (*OIDC, field)
        claim = getattr(found.oidc, field) or ""
        if not (where in found.written and _in_quotes(claim)):
            for violation in _judged(where, f"authentication.oidc.{field}", claim):
                yield found.placed(violation)
    for each in broker_settings(d).below(PROVIDERS):
        claim = (each.value or "").strip()
        if each.key.endswith(CLAIMS) and not _in_quotes(claim):
            yield from _judged(each.path, each.said, claim)


def _in_quotes(claim: str) -> bool:
    return claim[:1] in ("'", '"') and claim[0] == claim[-1]  # CAM243


def _judged(path: Path, name: str, claim: str) -> Iterator[Violation]:
    if problem := _broken(claim):
        plain = re.sub(r"[^\w.:/-]", "", claim).strip(".") or "groups"
        hint = f"write $.{plain}, or {plain} for a claim with that name"
        if not claim.startswith("$"):
            hint = f"write {plain}"
        elif "not closed" in problem:
            hint = "close them"
        said = f"{name} {problem}, so brokers do not start: {quoted(claim, 60)}"
        yield Violation(path, said, hint)
    elif re.fullmatch(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)+", claim):
        yield Violation(
            path,
            f"{name} has no $. in front, so it is the name of one claim, not a path: "
            f"{quoted(claim, 60)}",
            f"write $.{claim} for a claim inside another",
            Severity.WARNING,
        )


def _broken(claim: str) -> str | None:
    """Return the problem of a claim that is neither a name nor a path."""
    if not claim.startswith("$"):
        return "has quotes, which no name has" if "'" in claim else None
    if claim == "$":
        return "is the whole token"
    if not claim.startswith(("$.", "$[")):
        return "is not a path, which starts with $. or $["
    outside = re.sub(r"'[^']*'|\"[^\"]*\"", "", claim)
    if any(outside.count(a) != outside.count(b) for a, b in ("[]", "()")) or "'" in outside:
        return "has brackets or quotes that are not closed"
    return "ends with a dot" if claim.endswith(".") else None
