"""The rule for users, authorizations and other entities that Camunda creates at its start."""

import re
from collections.abc import Iterator, Mapping

from camformation.closeness import closest
from camformation.deployment import Deployment
from camformation.diagnostics import Severity, quoted
from camformation.rules.generated import broker_variables
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, Settings, broker_settings
from camformation.spelling import bound

MEMBERS = ("users", "clients", "groups", "roles", "mappingRules")
FIELDS: Mapping[str, tuple[str, ...]] = {  # those that are required first
    "users": ("username", "password", "name", "email"),
    "groups": ("groupId", "name", "description", *MEMBERS),
    "roles": ("roleId", "name", "description", *MEMBERS),
    "tenants": ("tenantId", "name", "description", *MEMBERS),
    "mappingRules": ("mappingRuleId", "claimName", "claimValue", "name"),
    "authorizations": (
        *("ownerType", "ownerId", "resourceType", "permissions"),
        *("resourceId", "resourcePropertyName"),
    ),
}
REQUIRED = {"mappingRules": 3, "authorizations": 4}  # of the fields; else 2
_CRUD = ("CREATE", "DELETE", "READ", "UPDATE")
OWNERS = ("USER", "CLIENT", "ROLE", "GROUP", "MAPPING_RULE")
PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "AUDIT_LOG": ("READ",),
    "AUTHORIZATION": _CRUD,
    "BATCH": (
        *("CREATE", "READ", "UPDATE"),
        *(
            f"CREATE_BATCH_OPERATION_{each}"
            for each in (
                *("CANCEL_PROCESS_INSTANCE", "DELETE_DECISION_DEFINITION"),
                *("DELETE_DECISION_INSTANCE", "DELETE_PROCESS_DEFINITION"),
                *("DELETE_PROCESS_INSTANCE", "MIGRATE_PROCESS_INSTANCE"),
                *("MODIFY_PROCESS_INSTANCE", "RESOLVE_INCIDENT"),
            )
        ),
    ),
    "CLUSTER_VARIABLE": _CRUD,
    "COMPONENT": ("ACCESS",),
    "DECISION_DEFINITION": (
        *("CREATE_DECISION_INSTANCE", "DELETE_DECISION_INSTANCE", "READ_DECISION_DEFINITION"),
        "READ_DECISION_INSTANCE",
    ),
    "DECISION_REQUIREMENTS_DEFINITION": ("READ",),
    "DOCUMENT": ("CREATE", "READ", "DELETE"),
    "EXPRESSION": ("EVALUATE",),
    "GLOBAL_LISTENER": tuple(f"{each}_TASK_LISTENER" for each in _CRUD),
    "GROUP": _CRUD,
    "MAPPING_RULE": _CRUD,
    "MESSAGE": ("CREATE", "READ"),
    "PROCESS_DEFINITION": (
        *("CANCEL_PROCESS_INSTANCE", "CLAIM_USER_TASK", "COMPLETE_USER_TASK"),
        *("CREATE_PROCESS_INSTANCE", "DELETE_PROCESS_INSTANCE", "MODIFY_PROCESS_INSTANCE"),
        *("READ_PROCESS_DEFINITION", "READ_PROCESS_INSTANCE", "READ_USER_TASK"),
        *("UPDATE_PROCESS_INSTANCE", "UPDATE_USER_TASK"),
    ),
    "RESOURCE": (
        "CREATE",
        "READ",
        "DELETE_DRD",
        "DELETE_FORM",
        "DELETE_PROCESS",
        "DELETE_RESOURCE",
    ),
    "ROLE": _CRUD,
    "SECRET": ("READ", "REVEAL"),
    "SYSTEM": ("READ", "READ_JOB_METRIC", "READ_USAGE_METRIC", "UPDATE"),
    "TENANT": _CRUD,
    "USER": _CRUD,
    "USER_TASK": ("READ", "UPDATE", "CLAIM", "COMPLETE"),
}
"""The possible permissions, by the type of the resource (Camunda docs, Orchestration Cluster
authorization, Available resources)."""
_START = "CAMUNDASECURITYINITIALIZATION"


@rule("CAM244", "Incomplete entity of the initialization")
def entities(d: Deployment) -> Iterator[Violation]:
    """At its first start Camunda creates the users, groups, roles, tenants, mapping rules and
    authorizations of `camunda.security.initialization`. An incomplete one prevents the start: a
    user needs a username and a password, a group, a role or a tenant an ID and a name, a mapping
    rule an ID, a claim and its value, an authorization an owner, a resource and permissions. Owners
    and resources are of certain types, and each type of resource has its own permissions.

    A field that an entity does not have is ignored, and so is a second entity with the same ID:
    these are warnings.

    Source: Camunda docs, Identity as Code; Camunda docs, Orchestration Cluster authorization
    (available resources); camunda/camunda issues 39484 and 39581, UserValidator and
    AuthorizationValidator.
    """
    settings = broker_settings(d)
    generated = {bound(name) for name in broker_variables(d)}
    found: dict[tuple[str, str, str | None], dict[str, Setting]] = {}
    for each in settings.below("CAMUNDA_SECURITY_INITIALIZATION"):
        for kind in FIELDS:
            start = f"{_START}{kind.upper()}"
            if at := re.fullmatch(rf"{start}(\d+)([A-Z]+)\d*", each.key):
                inside = each.source
                found.setdefault((kind, at[1], inside), {}).setdefault(at[2], each)
    seen: dict[tuple[str, str], str] = _made(d)
    for (kind, number, _), given in found.items():
        if any(name.startswith(f"{_START}{kind.upper()}{number}") for name in generated):
            continue  # CAM172
        yield from _entity(kind, given, settings, number)
        identifier = given.get(bound(FIELDS[kind][0]))
        if kind != "authorizations" and identifier and identifier.value:
            first = seen.setdefault((kind, identifier.value), identifier.said)
            if first != identifier.said:
                yield Violation(
                    identifier.path,
                    f"{quoted(identifier.value)} already exists, from {first}: Camunda creates "
                    "nothing for this one",
                    "choose another, or remove it",
                    Severity.WARNING,
                )


def _made(d: Deployment) -> dict[tuple[str, str], str]:
    if d.authentication.mode != "basic":
        return {}
    users = d.authentication.users
    made = {("users", str(users.admin.username)): "authentication.users.admin"}
    if d.connectors.enabled:
        made["users", str(users.connectors.username)] = "authentication.users.connectors"
    return made


def _entity(
    kind: str, given: Mapping[str, Setting], settings: Settings, number: str
) -> Iterator[Violation]:
    fields = {bound(each): each for each in FIELDS[kind]}
    first = next(iter(given.values()))
    one = {"mappingRules": "mapping rule"}.get(kind, kind[:-1])
    needed = [bound(each) for each in FIELDS[kind][: REQUIRED.get(kind, 2)]]
    missing = [fields[each] for each in needed if each not in given or given[each].value == ""]
    if kind == "authorizations" and not {"RESOURCEID", "RESOURCEPROPERTYNAME"} & set(given):
        missing.append("resourceId")
    strange = [each for key, each in given.items() if key not in fields]
    for each in strange:
        word = re.split(r"[._\]]", each.name.rstrip("0123456789_[]"))[-1]
        near = closest(word, [*FIELDS[kind]]) or closest(bound(word), [*fields])
        if "mappingRules" in FIELDS[kind] and bound(word) == "MAPPINGS":
            near = "mappingRules"  # whose name it was before 8.8
        yield Violation(
            each.path,
            f"{one}s have no field {word}: {each.said} is ignored",
            f"did you mean {fields.get(bound(near), near)}?"
            if near
            else f"the fields are {', '.join(FIELDS[kind])}",
            Severity.WARNING,
        )
    if missing:
        yield Violation(
            first.path,
            f"the {one} with the number {number} has no {' and no '.join(missing)}: Camunda does "
            "not start with it",
            f"add {missing[0]} to it in {first.source}"
            if first.source
            else f"set CAMUNDA_SECURITY_INITIALIZATION_{kind.upper()}_{number}_{missing[0].upper()}"
            + " in orchestration.secrets" * (missing[0] == "password"),
        )
    if kind == "authorizations":
        yield from _authorization(given, settings, number)


def _authorization(
    given: Mapping[str, Setting], settings: Settings, number: str
) -> Iterator[Violation]:
    resource = None
    for key, words in (("OWNERTYPE", OWNERS), ("RESOURCETYPE", tuple(PERMISSIONS))):
        setting = given.get(key)
        value = setting.value if setting else None
        if not setting or not value:
            continue
        word = _word(value, words)
        if key == "RESOURCETYPE":
            resource = word
        if word is None:
            near = closest(value.strip(), words)
            yield Violation(
                setting.path,
                f"Camunda has no {'owner' if key == 'OWNERTYPE' else 'resource'} type "
                f"{quoted(value)}, and does not start with it",
                (f"did you mean {near}? " if near else "") + f"the types are {', '.join(words)}",
            )
    start = f"CAMUNDA_SECURITY_INITIALIZATION_AUTHORIZATIONS_{number}_PERMISSIONS"
    if resource is None or (place := given.get("PERMISSIONS")) is None:
        return
    for value in settings.elements(start):
        if value and _word(value, PERMISSIONS[resource]) is None:
            near = closest(value, PERMISSIONS[resource])
            yield Violation(
                place.path,
                f"{resource} has no permission {quoted(value)}",
                (f"did you mean {near}? " if near else "")
                + f"it has {', '.join(PERMISSIONS[resource])}",
            )


def _word(value: str, words: tuple[str, ...]) -> str | None:
    """Return the word that Spring takes a value for: neither case nor signs matter."""
    letters = re.sub(r"[\W_]", "", value).upper()
    return next((each for each in words if each.replace("_", "") == letters), None)
