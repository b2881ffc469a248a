"""Gate checks for users and roles, which Camunda creates when they are new, but does not change.

It only checks whether an entity of that name exists (Camunda docs, Admin: Identity as Code), so a
spec cannot rename a user, change a password, or remove a role.
"""

from collections.abc import Iterator, Mapping
from itertools import zip_longest

from camformation.deploy.plan.blocks import blocked, warned
from camformation.deploy.plan.containers import (
    Broker,
    Told,
    changed_brokers,
    containers_of,
    place,
    told,
)
from camformation.deploy.plan.model import Block
from camformation.deploy.plan.settings_gate import setting_block
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.stored import SECURITY, USERS
from camformation.deploy.plan.template_diff import Resources

METHOD = f"{SECURITY}AUTHENTICATION_METHOD"
ISSUER = f"{SECURITY}AUTHENTICATION_OIDC_ISSUERURI"
AUDIENCES = f"{SECURITY}AUTHENTICATION_OIDC_AUDIENCES"
ROLES = f"{SECURITY}INITIALIZATION_DEFAULTROLES"
GROUPS = f"{SECURITY}AUTHENTICATION_OIDC_GROUPSCLAIM"
RULES = f"{SECURITY}INITIALIZATION_MAPPINGRULES_"
LOGIN = "CAMUNDA_CLIENT_AUTH_USERNAME"
KEEP = "; keep the secret with its password: connectors need it if they are enabled again"
IN_CAMUNDA = "change it in Camunda itself, in the Admin application or by its API"


def users_gate(situation: Situation) -> Iterator[Block]:
    """Yield changes that Camunda ignores, and logins that would fail because of them."""
    for broker in changed_brokers(situation):
        before, after = told(broker.before), told(broker.after)
        if before.value(METHOD, default="basic") != after.value(METHOD, default="basic"):
            continue  # which is blocked itself
        yield from _renamed(broker, before, after)
        yield from _altered(situation, broker, before, after)
        yield from _left(situation, broker, before, after)
        yield from _back(situation, broker, before, after)
        yield from _refused(broker, before, after)
        yield from _groups(broker, before, after)
        yield from _rules(broker, before, after)
        old, new = (said.value(ISSUER) for said in (before, after))
        if old and new and old != new:
            yield warned(
                broker.change,
                "CAM626",
                f"{broker.change.logical_id}: {ISSUER} goes from {old} to {new}: tokens of the "
                "present provider are refused, and users and clients keep their roles and tasks "
                "only if the new provider uses the same names for them",
                "switch clients and job workers to tokens of the new provider when brokers are "
                "replaced",
                place(broker.change, [f"[{ISSUER}]"]),
            )


def _refused(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Warn of audiences whose tokens are refused from now on (Camunda docs, OIDC)."""
    old, new = (set(said.settings.elements(AUDIENCES)) for said in (before, after))
    gone = sorted(old - new)
    if new and (gone or not old):
        yield warned(
            broker.change,
            "CAM626",
            f"{broker.change.logical_id}: tokens for {', '.join(gone) or 'other audiences'} are "
            "refused from now on: clients and job workers with such tokens cannot connect",
            "keep the audience until every client requests tokens for another one",
            place(broker.change, [f"[{AUDIENCES}"]),
        )


def _groups(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Warn of another source of groups (Camunda docs, OIDC: with a claim, groups are the
    provider's, and Camunda's own do not count).
    """
    old, new = (said.value(GROUPS) for said in (before, after))
    if old != new and after.value(ISSUER):
        where = f"the claim {new}" if new else "Camunda"
        yield warned(
            broker.change,
            "CAM626",
            f"{broker.change.logical_id}: {GROUPS} goes from {old or 'unset'} to {new or 'unset'}: "
            f"groups come from {where} from now on, and members of other groups lose the roles and "
            "authorizations of these groups",
            "first make sure that everybody, including administrators, is in the right groups "
            "there",
            place(broker.change, [f"[{GROUPS}]"]) or broker.change.location,
        )


def _rules(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Warn of mapping rules that Camunda does not change."""
    old, new = (_mapping_rules(said) for said in (before, after))
    kept = sorted(name for name in old if name in new and old[name] != new[name])
    if kept:
        yield warned(
            broker.change,
            "CAM626",
            f"{broker.change.logical_id}: Camunda keeps the present claim and value of the "
            f"mapping rule {', '.join(kept)}",
            f"give the rule another id, so that Camunda creates a new one; or {IN_CAMUNDA}",
            place(broker.change, [f"[{RULES}"]) or broker.change.location,
        )


def _mapping_rules(said: Told) -> Mapping[str, tuple[str, ...]]:
    """Return the claim and value of each mapping rule that Camunda creates."""
    found = {}
    for number in range(len(said.below(RULES.rstrip("_")))):
        name, *rest = (
            said.value(f"{RULES}{number}_{key}")
            for key in ("MAPPINGRULEID", "CLAIMNAME", "CLAIMVALUE")
        )
        if name:
            found[name] = tuple(rest)
    return found


def _renamed(broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Block another name for a user that Camunda created at its first start."""
    old, new = list(_users(before)), list(_users(after))
    for number, (name, other) in enumerate(zip_longest(old, new, fillvalue="")):
        if name and other and name != other and (name not in new or other not in old):
            yield setting_block(
                broker,
                (f"{USERS}{number}_USERNAME",),
                before,
                after,
                name,
                other,
                "the user is not renamed: another one is created, the present one keeps its "
                "password and permissions, and connectors or clients that log in with the new "
                "name fail",
            )


def _altered(situation: Situation, broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Yield users who keep their current password, name or address."""
    old, new = _users(before), _users(after)
    logins = _logins(situation.after)
    for name in (each for each in old if each in new):
        (first, was), (number, now) = old[name], new[name]
        changed = [key for key in was if was[key] != now.get(key)]
        lines = [f"[{USERS}{each}_{key}]" for each in (number, first) for key in changed]
        if "PASSWORD" in changed and name in logins:
            yield blocked(
                broker.change,
                "CAM626",
                f"{broker.change.logical_id}: user {name} keeps its password in Camunda, and "
                "connectors would log in with the password of another secret",
                "undo the change, or put the present password into the other secret first: then "
                "pass --allow-data-loss {}",
                place(broker.change, lines),
                f"{broker.service}:{USERS}{number}_PASSWORD",
            )
        elif changed:
            what = " and ".join(sorted(key.lower() for key in changed))
            yield warned(
                broker.change,
                "CAM626",
                f"{broker.change.logical_id}: user {name} keeps its {what} in Camunda",
                IN_CAMUNDA,
                place(broker.change, lines),
            )


def _logins(resources: Resources) -> set[str]:
    """Return the users with whose passwords connectors log in."""
    return {
        told(container).value(LOGIN)
        for task in resources.values()
        for container in containers_of(task)
    }


def _back(situation: Situation, broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Warn of connectors that are added to a cluster which may still have their earlier user."""
    old, new = _users(before), _users(after)
    for name in sorted((new.keys() - old.keys()) & _logins(situation.after)):
        if len(new) > len(old):  # otherwise it is the new name of another
            yield warned(
                broker.change,
                "CAM626",
                f"{broker.change.logical_id}: Camunda creates the user {name} only if it does not "
                "exist: an existing user keeps its password, and connectors cannot log in with "
                "the password of a new secret",
                "if connectors were disabled before, name the secret that was kept: "
                "`authentication.users.connectors.password_secret_arn`",
                place(broker.change, [f"[{USERS}{new[name][0]}_USERNAME"])
                or broker.change.location,
            )


def _left(situation: Situation, broker: Broker, before: Told, after: Told) -> Iterator[Block]:
    """Warn of users and members of roles who stay although the spec no longer has them."""
    renamed = {name for pair in zip_longest(_users(before), _users(after)) if all(pair)
               for name in pair}  # fmt: skip
    members = set(before.below(ROLES).values()) - set(after.below(ROLES).values())
    users = set(_users(before)) - set(_users(after))
    gone = sorted((members | users) - renamed)
    if gone:
        yield warned(
            broker.change,
            "CAM626",
            f"{broker.change.logical_id}: the spec no longer has {', '.join(gone)}, but Camunda "
            "never removes users or roles that it has created",
            IN_CAMUNDA + (KEEP if users & _logins(situation.before) else ""),
            place(broker.change, [f"[{ROLES}"]),
        )


def _users(said: Told) -> Mapping[str, tuple[int, dict[str, str]]]:
    """Return the users that Camunda creates, each with its number and other properties."""
    found = {}
    for number in range(len(said.below(USERS.rstrip("_")))):
        if name := said.value(f"{USERS}{number}_USERNAME"):
            rest = {key: said.value(f"{USERS}{number}_{key}")
                    for key in ("PASSWORD", "NAME", "EMAIL")}  # fmt: skip
            found[name] = (number, rest)
    return found
