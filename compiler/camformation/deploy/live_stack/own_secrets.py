"""The secrets of a deployment: their readers, and how they can be changed.

The readers come from task definitions in ECS, so they are correct for patched templates and open
fields, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from camformation.closeness import closest
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.services import ContainerDefinition, SecretState
from camformation.deploy.live_stack.data_health import CLUSTER, live
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.own_services import OwnService, state_of
from camformation.frozen import frozen

FIRST_START = "CAMUNDA_SECURITY_INITIALIZATION_"
DATABASE_USER = "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PASSWORD"
USERS = {  # the variable with the username, by that with the password
    f"{FIRST_START}USERS_0_PASSWORD": f"{FIRST_START}USERS_0_USERNAME",
    f"{FIRST_START}USERS_1_PASSWORD": f"{FIRST_START}USERS_1_USERNAME",
    "CAMUNDA_CLIENT_AUTH_PASSWORD": "CAMUNDA_CLIENT_AUTH_USERNAME",
}
TARGET_TLS = "target-tls"  # the whole of a secret, in place of the variables with its parts
CERTIFICATES = {"TLS_CERTIFICATE", "TLS_PRIVATE_KEY", "TLS_CA_CERTIFICATE"}
KINDS = {
    f"{FIRST_START}USERS_0_PASSWORD": "admin",
    f"{FIRST_START}USERS_1_PASSWORD": "connectors",
    "CAMUNDA_CLIENT_AUTH_PASSWORD": "connectors",
    "CAMUNDA_SECURITY_CLUSTERADMIN_BASIC_USERS_0_PASSWORD": "cluster-admin",
    DATABASE_USER: "database-user",
    "DATABASE_USER_PASSWORD": "database-user",
    "PGPASSWORD": "database-admin",
    "CAMUNDA_SECURITY_AUTHENTICATION_OIDC_CLIENTSECRET": "oidc-client",
    "CAMUNDA_CLIENT_AUTH_CLIENTSECRET": "connectors-client",
    "CAMUNDA_LICENSE_KEY": "license",
    TARGET_TLS: TARGET_TLS,
}
"""Names of known secrets, by the variables in which tasks get them."""

SEED = "DATABASE_USER_PASSWORD"
SEED_TASK = "Custom::DatabaseSeed"


class Way(StrEnum):
    """The way in which a secret is changed."""

    USER = "user"  # of Camunda: there first, then in the secret
    SETTING = "setting"  # of brokers, with a value that nothing else needs
    DATABASE_USER = "database user"  # the database seed sets it when brokers start
    DATABASE_TASK = "database task"  # the database seed's own task sets it
    DATABASE_ADMIN = "database administrator"  # RDS does it
    GIVEN = "given"  # the value comes from outside
    NONE = "none"


@frozen
class OwnSecret:
    """A secret; `key` is that of a JSON secret, `why` the reason that it cannot be changed."""

    kind: str
    arn: str
    key: str
    way: Way
    readers: tuple[str, ...]  # services whose tasks read it at each start
    user: str = ""
    why: str = ""
    state: SecretState | None = None


@frozen
class _Use:
    """A variable of a container that is read from a secret."""

    service: str
    container: ContainerDefinition
    variable: str
    arn: str
    key: str


def own_secrets(
    cloud: Cloud, deployed: Deployed, services: Sequence[OwnService]
) -> tuple[OwnSecret, ...]:
    """Return the deployment's secrets, known ones first."""
    containers = {each.name: _containers(cloud, each) for each in services}
    uses = [
        _use(service, container, variable, *_parts(reference))
        for service, found in containers.items()
        for container in found
        for variable, reference in container.secrets.items()
    ]
    known = [each for each in uses if each.variable in KINDS]
    seeded = any(each.variable == SEED for each in known)
    managed = _managed(cloud, deployed)
    by_task = any(each.type == SEED_TASK for found in deployed.resources.values() for each in found)
    made: dict[str, OwnSecret] = {}
    for use in (*known, *(each for each in uses if each.variable not in KINDS)):
        kind = KINDS.get(use.variable, use.variable)
        before = made.get(kind)
        if before and (before.arn, before.key) != (use.arn, use.key):
            kind = f"{use.service}/{use.container.name}/{use.variable}"
        state = cloud.secrets.state(use.arn) if use.arn.startswith("arn:") else None
        way, why = _way(kind, use.arn, state, managed=managed, seeded=seeded, by_task=by_task)
        made.setdefault(
            kind,
            OwnSecret(
                kind=kind,
                arn=use.arn,
                key=use.key,
                way=way,
                readers=_readers(uses, use),
                user=use.container.environment.get(USERS.get(use.variable, ""), ""),
                why=why,
                state=state,
            ),
        )
    for each in _besides(cloud, deployed, containers, made):
        made[each.kind] = each
    order = list(dict.fromkeys(KINDS.values()))
    return tuple(
        sorted(
            made.values(),
            key=lambda each: (order.index(each.kind) if each.kind in order else 99, each.kind),
        )
    )


def chosen_secret(secrets: Sequence[OwnSecret], kind: str, stack: str) -> OwnSecret:
    """Return the secret of that name. Raises DeployError for one that is not there, or that cannot
    be changed by a command."""
    found = {each.kind: each for each in secrets}
    if kind not in found:
        near = closest(kind, found)
        names = ", ".join(found) or "none"
        raise DeployError(
            "CAM768",
            f"{stack} has no secret {kind}",
            f"did you mean {near}?" if near else f"its secrets are {names}",
        )
    if found[kind].way is Way.NONE:
        raise DeployError("CAM769", f"no command changes {kind}: {found[kind].why}", None)
    return found[kind]


def _managed(cloud: Cloud, deployed: Deployed) -> str | None:
    """Return the secret in which RDS keeps the password of the cluster's administrator."""
    for _, identifier in live(deployed, CLUSTER):
        cluster = cloud.databases.cluster(identifier)
        return cluster.admin_secret if cluster else None
    return None


def _containers(cloud: Cloud, service: OwnService) -> tuple[ContainerDefinition, ...]:
    state = state_of(cloud.services, service)
    for each in state.deployments:
        if each.status == "PRIMARY":
            return cloud.services.task_definition(each.task_definition)
    return ()


def _parts(reference: str) -> tuple[str, str]:
    """Return a secret's ARN, or a parameter's ARN or name, and the key of a JSON secret (Amazon ECS
    Developer Guide, Pass Secrets Manager secrets)."""
    parts = reference.split(":")
    if ":secretsmanager:" not in reference or len(parts) <= 7:
        return reference, ""
    return ":".join(parts[:7]), parts[7]


def _use(service: str, container: ContainerDefinition, variable: str, arn: str, key: str) -> _Use:
    """Return a use. The parts read by the container that writes certificates (`access.target_tls`)
    belong together: they are one secret."""
    if container.name.endswith("-tls") and container.secrets.keys() <= CERTIFICATES:
        return _Use(service, container, TARGET_TLS, arn, "")
    return _Use(service, container, variable, arn, key)


def _readers(uses: Sequence[_Use], use: _Use) -> tuple[str, ...]:
    """Return the services whose running containers use the value: not if only the seed, or only
    Camunda's first start, uses it."""
    return tuple(
        dict.fromkeys(
            each.service
            for each in uses
            if (each.arn, each.key) == (use.arn, use.key)
            and not each.variable.startswith(FIRST_START)
            and each.variable not in (SEED, "PGPASSWORD")
        )
    )


def _way(
    kind: str,
    arn: str,
    state: SecretState | None,
    *,
    managed: str | None,
    seeded: bool,
    by_task: bool,
) -> tuple[Way, str]:
    if ":secretsmanager:" not in arn:
        return Way.NONE, (
            "it is a parameter of Parameter Store; change it there, then `camformation restart`"
        )
    if kind == "database-admin" and arn != managed:
        return Way.NONE, (
            "the database is not this deployment's; change its administrator's password where it "
            "is managed, and put it into the secret"
        )
    if state is None:
        return Way.NONE, "the secret does not exist, or is being deleted"
    if kind == "database-admin":
        return Way.DATABASE_ADMIN, ""
    if state.owner or state.rotates:
        by = state.owner or "a rotation of its own"
        return Way.NONE, (
            f"{by} changes it; afterwards, run `camformation restart` so that tasks read it"
        )
    if kind == "database-user":
        if seeded:
            return Way.DATABASE_USER, ""
        if by_task:
            return Way.DATABASE_TASK, ""
        return Way.NONE, (
            "the deployment has no seed. Change it in the database (ALTER ROLE … PASSWORD), put it "
            f"into the secret {arn}, then `camformation restart` orchestration"
        )
    ways = {"admin": Way.USER, "connectors": Way.USER, "cluster-admin": Way.SETTING}
    return ways.get(kind, Way.GIVEN), ""


def _besides(
    cloud: Cloud,
    deployed: Deployed,
    containers: Mapping[str, Sequence[ContainerDefinition]],
    made: Mapping[str, OwnSecret],
) -> Iterator[OwnSecret]:
    """Yield secrets that no container reads: the database administrator's, the registry's login,
    and the secret of a database user that needs no password."""
    arn = managed = _managed(cloud, deployed)
    if "database-admin" not in made and arn:
        state = cloud.secrets.state(arn)
        way, why = _way("database-admin", arn, state, managed=managed, seeded=False, by_task=False)
        yield OwnSecret("database-admin", arn, "password", way, (), "", why, state)
    if "database-user" not in made and containers:
        why = "it logs in with IAM tokens, which last 15 minutes, and has no password"
        yield OwnSecret("database-user", "", "", Way.NONE, (), "", why)
    logins = {
        each.credentials: None
        for found in containers.values()
        for each in found
        if each.credentials
    }
    for number, login in enumerate(logins):
        state = cloud.secrets.state(login)
        way, why = _way("registry", login, state, managed=managed, seeded=False, by_task=False)
        yield OwnSecret(
            f"registry-{number + 1}" if number else "registry", login, "", way, (), "", why, state
        )
