"""Rotations: which secrets there are, the order of each, and cuts at any step."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from camformation.cli.rotation import PARTS, check_value
from camformation.components.target_tls import KEYS
from camformation.deploy.cloud.errors import AccessDenied, DeployError
from camformation.deploy.cloud.services import (
    ContainerDefinition,
    ContainerState,
    LogLine,
    ServiceDeployment,
    TaskState,
)
from camformation.deploy.live_stack.camunda import Login
from camformation.deploy.live_stack.deployed import Deployed, require_deployed
from camformation.deploy.live_stack.http_channel import HttpChannel
from camformation.deploy.live_stack.own_secrets import (
    CERTIFICATES,
    OwnSecret,
    Way,
    chosen_secret,
    own_secrets,
)
from camformation.deploy.live_stack.own_services import OwnService, own_services
from camformation.deploy.live_stack.seed_run import run_seed, seed_place
from camformation.deploy.live_stack.users import Users
from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.rotation import (
    KINDS_OF_CHARACTERS,
    Administrator,
    Rotation,
    new_password,
    unfinished,
)
from camformation.deploy.operation.service_moves import Move, MoveEnded
from camformation.report.deployment.secrets_text import secrets_json, secrets_text
from deploy.fake_cloud import FakeCloud, FakeServices
from deploy.live import live
from deploy.simulated_users import SimulatedUsers
from deployments import resources

SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:"
INITIAL = "CAMUNDA_SECURITY_INITIALIZATION_USERS_"
BROKER = ContainerDefinition(
    "orchestration-cluster",
    "camunda/camunda:8.10.6",
    {f"{INITIAL}0_USERNAME": "admin", f"{INITIAL}1_USERNAME": "connectors"},
    {
        f"{INITIAL}0_PASSWORD": f"{SECRET}AdminPassword-a1",
        f"{INITIAL}1_PASSWORD": f"{SECRET}ConnectorsPassword-a1",
        "CAMUNDA_SECURITY_CLUSTERADMIN_BASIC_USERS_0_PASSWORD": f"{SECRET}ClusterAdmin-a1",
        "CAMUNDA_LICENSE_KEY": f"{SECRET}license-a1:key::",
        "MAIL_PASSWORD": "arn:aws:ssm:eu-west-2:111122223333:parameter/mail",
    },
    f"{SECRET}registry-a1",
)
CONNECTORS = ContainerDefinition(
    "connectors",
    "camunda/connectors-bundle:8.10.1",
    {"CAMUNDA_CLIENT_AUTH_USERNAME": "connectors"},
    {
        "CAMUNDA_CLIENT_AUTH_PASSWORD": f"{SECRET}ConnectorsPassword-a1",
        "SECRET_STRIPE": f"{SECRET}stripe-a1",
    },
)
VALUES = {
    "AdminPassword-a1": "old-admin",
    "ConnectorsPassword-a1": "old-connectors",
    "ClusterAdmin-a1": "old-cluster-admin",
    "license-a1": '{"key": "old-license", "other": 1}',
    "registry-a1": '{"username": "me", "password": "old-registry"}',
    "stripe-a1": "old-stripe",
    "rds!cluster-1": '{"username": "camunda_admin", "password": "old-rds"}',
}


class Rolling(FakeServices):
    """ECS whose restarts end at once, with tasks of now."""

    def force_deployment(self, cluster: str, service: str) -> None:
        super().force_deployment(cluster, service)
        now = self.clock.now()
        state = self.states[service]
        old = state.deployments[0]
        new = replace(old, id=f"{old.id}+", created=now, updated=now)
        self.states[service] = replace(state, deployments=(new,))
        self.running[service] = (task(now),)


def task(started: Any) -> TaskState:
    container = ContainerState("main", "image", "RUNNING", health="HEALTHY")
    return TaskState("arn:task/1", "RUNNING", "arn:task:1", (container,), started)


@pytest.fixture
def fake() -> FakeCloud:
    fake = FakeCloud()
    fake.services = Rolling(fake.clock)
    fake.cloud = replace(fake.cloud, services=fake.services)
    live(fake)
    [(name, cluster)] = fake.databases.clusters.items()
    managed = replace(cluster, admin_secret=f"{SECRET}rds!cluster-1")
    fake.databases.clusters[name] = managed
    fake.secrets.values = {f"{SECRET}{name}": value for name, value in VALUES.items()}
    fake.secrets.owners = {f"{SECRET}rds!cluster-1": "rds"}
    define(fake, BROKER, CONNECTORS)
    return fake


def define(fake: FakeCloud, *containers: ContainerDefinition) -> None:
    now = fake.clock.now()
    for name, found in zip(("orchestrationservice", "connectorsservice"), containers, strict=True):
        first = ServiceDeployment("0", "PRIMARY", name, 3, 3, 0, 0, now, now, "COMPLETED")
        state = fake.services.states[name]
        fake.services.states[name] = replace(state, deployments=(first,))
        fake.services.definitions[name] = (found,)
        fake.services.running[name] = (task(now),)


@pytest.fixture
def camunda() -> Iterator[SimulatedUsers]:
    users = SimulatedUsers(admin="old-admin", connectors="old-connectors")
    yield users
    users.close()


def found(fake: FakeCloud) -> tuple[Deployed, tuple[OwnService, ...], tuple[OwnSecret, ...]]:
    deployed = require_deployed(fake.stacks, "camunda")
    services = own_services(fake.cloud, deployed)
    return deployed, services, own_secrets(fake.cloud, deployed, services)


def rotated(
    fake: FakeCloud,
    kind: str,
    value: str | None = None,
    camunda: SimulatedUsers | None = None,
    control: Any = lambda _: None,
) -> list[Move]:
    _, services, secrets = found(fake)
    secret = chosen_secret(secrets, kind, "camunda")
    administrator = None
    if camunda and secret.way is Way.USER:
        url = camunda.url
        users = Users(lambda login: HttpChannel([url], lambda: login))
        admin = next(each for each in secrets if each.kind == "admin")
        administrator = Administrator(users, url, None, admin)
    deployed = require_deployed(fake.stacks, "camunda")
    rotation = Rotation(fake.cloud, fake.clock, control, seed_place(fake.cloud, deployed))
    if value is None and unfinished(fake.cloud, secret, services):
        return list(rotation.restart(secret, services))
    return list(rotation.rotate(secret, services, value, administrator, "auroracluster"))


def restarted(fake: FakeCloud) -> Sequence[str]:
    return fake.services.called("force_deployment")


def test_the_secrets_of_a_deployment(fake: FakeCloud) -> None:
    _, _, secrets = found(fake)
    assert {each.kind: (each.way, each.readers) for each in secrets} == {
        "admin": (Way.USER, ()),  # read at the first start alone
        "connectors": (Way.USER, ("connectors",)),
        "cluster-admin": (Way.SETTING, ("orchestration",)),
        "database-user": (Way.NONE, ()),
        "database-admin": (Way.DATABASE_ADMIN, ()),
        "license": (Way.GIVEN, ("orchestration",)),
        "registry": (Way.GIVEN, ()),
        "MAIL_PASSWORD": (Way.NONE, ("orchestration",)),
        "SECRET_STRIPE": (Way.GIVEN, ("connectors",)),
    }
    [license] = [each for each in secrets if each.kind == "license"]
    assert (license.arn, license.key) == (f"{SECRET}license-a1", "key")
    text = secrets_text(secrets)
    assert "IAM tokens" in text and "Parameter Store" in text
    assert "read by connectors at every start" in text
    for value in VALUES.values():
        assert value not in text + secrets_json(secrets)


def test_a_secret_that_has_not_changed_for_long_is_due(fake: FakeCloud) -> None:
    now = fake.clock.now()
    for name in ("license-a1", "stripe-a1"):
        fake.secrets.changed[f"{SECRET}{name}"] = now
    fake.secrets.changed[f"{SECRET}stripe-a1"] += timedelta(days=2)
    _, _, secrets = found(fake)

    def due(oldest: datetime | None) -> set[str]:
        data = json.loads(secrets_json(secrets, oldest))["secrets"]
        kinds = {each["kind"] for each in data if each["due"]}
        assert secrets_text(secrets, oldest).count("due for a change") == len(kinds)
        return kinds

    assert due(None) == due(now) == set()
    assert due(now + timedelta(days=1)) == {"license"}
    assert due(now + timedelta(days=3)) == {"license", "SECRET_STRIPE"}


def test_a_secret_that_two_read_restarts_both(fake: FakeCloud) -> None:
    both = f"{SECRET}stripe-a1"
    define(fake, replace(BROKER, secrets={**BROKER.secrets, "STRIPE": both}), CONNECTORS)
    _, _, secrets = found(fake)
    readers = {each.kind: each.readers for each in secrets}
    assert readers["STRIPE"] == readers["SECRET_STRIPE"] == ("orchestration", "connectors")


def test_a_certificate_and_its_key_are_one_secret(fake: FakeCloud) -> None:
    def parts(*names: str) -> dict[str, str]:
        return {f"TLS_{name.upper()}": f"{SECRET}tls-a1:{name}::" for name in names}

    fake.secrets.values[f"{SECRET}tls-a1"] = "old"
    define(fake, BROKER, CONNECTORS)
    for service, found_there, read in (
        ("orchestration", BROKER, parts("certificate", "private_key")),
        ("connectors", CONNECTORS, parts(*PARTS)),
    ):
        writer = ContainerDefinition(f"{service}-cluster-tls", "image", {}, read)
        fake.services.definitions[f"{service}service"] = (found_there, writer)
    [secret] = [each for each in found(fake)[2] if each.arn.endswith("tls-a1")]
    assert (secret.kind, secret.key, secret.way) == ("target-tls", "", Way.GIVEN)
    assert secret.readers == ("orchestration", "connectors")
    rotated(fake, "target-tls", "new")
    assert fake.secrets.values[f"{SECRET}tls-a1"] == "new"
    assert restarted(fake) == ["orchestrationservice", "connectorsservice"]


def test_the_containers_that_write_certificates_are_known_by_what_they_read() -> None:
    tls = {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}
    made = resources(access={"tls": tls, "target_tls": {"secret_arn": f"{SECRET}tls-a1B2c3"}})
    read = [
        {each["Name"] for each in container["Secrets"]}
        for definition in made.values()
        for container in definition["Properties"].get("ContainerDefinitions", ())
        if container["Name"].endswith("-tls")
    ]
    assert len(read) == 2 and set.union(*read) == CERTIFICATES
    assert sorted(PARTS) == sorted(KEYS.values())


@pytest.mark.parametrize("wrong", ["-----BEGIN", "[]", '{"certificate": "-----BEGIN X"}', "{}"])
def test_what_is_no_certificate_with_its_key_is_refused(wrong: str) -> None:
    secret = OwnSecret("target-tls", f"{SECRET}tls-a1", "", Way.GIVEN, ())
    with pytest.raises(DeployError, match="each in PEM") as error:
        check_value(secret, wrong)
    assert error.value.code == "CAM769"
    check_value(secret, json.dumps(dict.fromkeys(PARTS, "-----BEGIN X")))


@pytest.mark.parametrize("seed", ["init_container", "task", "none"])
def test_a_database_user_with_a_password(fake: FakeCloud, seed: str) -> None:
    variables = {"CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PASSWORD": f"{SECRET}user-a1"}
    fake.secrets.values[f"{SECRET}user-a1"] = "old-user"
    if seed == "init_container":
        variables["DATABASE_USER_PASSWORD"] = f"{SECRET}user-a1"
        variables["PGPASSWORD"] = f"{SECRET}rds!cluster-1:password::"
    define(fake, replace(BROKER, secrets=variables), CONNECTORS)
    if seed == "none":
        for stack in fake.stacks.known.values():
            stack.resources = tuple(
                each for each in stack.resources if each.type != "Custom::DatabaseSeed"
            )
    if seed == "none":
        with pytest.raises(DeployError, match="ALTER ROLE") as error:
            rotated(fake, "database-user")
        assert error.value.code == "CAM769"
        return
    ends(fake, 0)
    rotated(fake, "database-user")
    assert len(fake.services.called("run_task")) == (seed == "task")
    assert fake.secrets.values[f"{SECRET}user-a1"] != "old-user"
    assert restarted(fake) == ["orchestrationservice"]
    assert [each.way for each in found(fake)[2] if each.kind == "database-admin"] == [
        Way.DATABASE_ADMIN
    ]


def ends(fake: FakeCloud, code: int | None) -> None:
    """Let the seed's task end so."""
    container = ContainerState("db-seed", "psql", "STOPPED", code, "CannotPullContainer")
    fake.services.alone["arn:aws:ecs:task/alone"] = TaskState(
        "arn:aws:ecs:task/alone", "STOPPED", "arn:task:1", (container,)
    )
    line = LogLine(fake.clock.now(), "s", "the server refuses")
    fake.services.logs["db-seed/db-seed/alone"] = (line,)


@pytest.mark.parametrize(
    ("code", "why"), [(2, "ended with 2: the server refuses"), (None, "CannotPullContainer")]
)
def test_brokers_keep_what_the_database_has_until_the_seed_has_set_the_new_password(
    fake: FakeCloud, code: int | None, why: str
) -> None:
    arn = f"{SECRET}user-a1"
    fake.secrets.values[arn] = "old-user"
    variables = {"CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PASSWORD": arn}
    define(fake, replace(BROKER, secrets=variables), CONNECTORS)
    ends(fake, code)
    fake.clock.sleep(60)
    with pytest.raises(DeployError, match=why) as error:
        rotated(fake, "database-user")
    assert error.value.code == "CAM770" and not restarted(fake)
    held = fake.secrets.values[arn]
    assert held != "old-user"
    ends(fake, 0)
    fake.services.fail("force_deployment", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        rotated(fake, "database-user")
    *_, last = rotated(fake, "database-user")  # continues, with the same password
    assert isinstance(last, MoveEnded) and fake.secrets.values[arn] == held
    assert len(fake.secrets.called("put")) == 1 and len(fake.services.called("run_task")) == 3
    request = fake.services.called("run_task")[0]
    assert (request.container, request.security_groups) == ("db-seed", ("seedsecuritygroup",))
    assert restarted(fake)[-1] == "orchestrationservice"
    assert held not in str(fake.services.called("run_task"))


def test_a_seed_that_does_not_end_is_stopped(fake: FakeCloud) -> None:
    place = seed_place(fake.cloud, require_deployed(fake.stacks, "camunda"))
    assert place is not None
    with pytest.raises(DeployError, match="has not ended; it is not known yet"):
        list(run_seed(fake.cloud, fake.clock, place))
    assert fake.services.called("stop_task") == ["arn:aws:ecs:task/alone"]


def test_a_secret_that_is_not_there(fake: FakeCloud) -> None:
    _, _, secrets = found(fake)
    with pytest.raises(DeployError, match="no secret connector") as error:
        chosen_secret(secrets, "connector", "camunda")
    assert (error.value.code, error.value.hint) == ("CAM768", "did you mean connectors?")
    with pytest.raises(DeployError, match="Parameter Store") as error:
        chosen_secret(secrets, "MAIL_PASSWORD", "camunda")
    assert error.value.code == "CAM769"


@pytest.mark.parametrize("what", ["rotation", "missing", "owned"])
def test_a_secret_that_others_change(fake: FakeCloud, what: str) -> None:
    arn = f"{SECRET}stripe-a1"
    match what:
        case "rotation":
            fake.secrets.rotating.add(arn)
        case "missing":
            del fake.secrets.values[arn]
        case "owned":
            fake.secrets.owners[arn] = "appflow"
    with pytest.raises(DeployError) as error:
        rotated(fake, "SECRET_STRIPE", "new")
    assert error.value.code == "CAM769"
    assert not fake.secrets.called("put")


def test_a_value_of_yours_goes_into_its_secret_and_tasks(fake: FakeCloud) -> None:
    *_, end = rotated(fake, "license", "new\nlicense")
    assert isinstance(end, MoveEnded) and end.message == "license is changed"
    held = fake.secrets.values[f"{SECRET}license-a1"]
    assert held == '{"key": "new\\nlicense", "other": 1}'
    assert restarted(fake) == ["orchestrationservice"]


def test_a_key_of_a_secret_that_is_no_json(fake: FakeCloud) -> None:
    fake.secrets.values[f"{SECRET}license-a1"] = "plain"
    with pytest.raises(DeployError, match="not a JSON object"):
        rotated(fake, "license", "new")
    assert fake.secrets.values[f"{SECRET}license-a1"] == "plain"


def test_a_password_is_changed_where_it_counts_before_the_secret_has_it(
    fake: FakeCloud, camunda: SimulatedUsers
) -> None:
    camunda.lag = 2
    events = rotated(fake, "connectors", None, camunda)
    [(user, password)] = camunda.changes
    assert user == "connectors" and len(password) == 32
    assert fake.secrets.values[f"{SECRET}ConnectorsPassword-a1"] == password
    order = [name for name, _ in fake.secrets.calls if name in ("put", "promote")]
    assert order == ["put", "promote"]
    assert restarted(fake) == ["connectorsservice"]
    assert camunda.passwords == {"admin": "old-admin", "connectors": password}
    assert all(password not in str(each) for each in events)
    assert all(password not in each for each in camunda.requests)


def test_the_administrators_own_password(fake: FakeCloud, camunda: SimulatedUsers) -> None:
    rotated(fake, "admin", "chosen by me", camunda)
    assert camunda.passwords["admin"] == "chosen by me"
    assert fake.secrets.values[f"{SECRET}AdminPassword-a1"] == "chosen by me"
    assert not restarted(fake)
    rotated(fake, "connectors", None, camunda)  # logs in with the new one


@pytest.mark.parametrize("kind", ["admin", "connectors", "license", "cluster-admin"])
def test_cut_at_any_call_the_same_command_gets_to_the_same_end(
    fake: FakeCloud, camunda: SimulatedUsers, kind: str
) -> None:
    cuts = [("put", 0), ("pending", 0), ("promote", 0), ("state", 1), ("services", 4)]
    for method, passes in cuts:
        for faulty in (fake.secrets, fake.services):
            faulty.fail(method, *[None] * passes, KeyboardInterrupt())
        try:
            rotated(fake, kind, "new-license" if kind == "license" else None, camunda)
        except KeyboardInterrupt:
            fake.clock.sleep(60)
        for faulty in (fake.secrets, fake.services):
            faulty.faults.clear()
    rotated(fake, kind, "new-license" if kind == "license" else None, camunda)
    _, services, secrets = found(fake)
    secret = chosen_secret(secrets, kind, "camunda")
    assert not unfinished(fake.cloud, secret, services)
    held = fake.secrets.values[secret.arn]
    assert not held.startswith("old")
    if kind in ("admin", "connectors"):
        assert camunda.passwords[kind] == held


def test_a_password_that_camunda_has_already_is_only_made_current(
    fake: FakeCloud, camunda: SimulatedUsers
) -> None:
    fake.secrets.fail("promote", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        rotated(fake, "admin", None, camunda)
    [(_, password)] = camunda.changes
    rotated(fake, "admin", None, camunda)
    assert len(camunda.changes) == 1 and len(fake.secrets.called("put")) == 1
    assert fake.secrets.values[f"{SECRET}AdminPassword-a1"] == password


def test_whoever_is_no_administrator_changes_nothing(
    fake: FakeCloud, camunda: SimulatedUsers
) -> None:
    camunda.passwords["admin"] = "changed by hand"
    with pytest.raises(DeployError, match="does not let the administrator") as error:
        rotated(fake, "connectors", None, camunda)
    assert error.value.code == "CAM770" and "put the one in use" in str(error.value.hint)
    assert fake.secrets.values[f"{SECRET}ConnectorsPassword-a1"] == "old-connectors"
    assert not restarted(fake)


def test_a_password_that_never_counts_is_told(fake: FakeCloud, camunda: SimulatedUsers) -> None:
    camunda.exported = False
    with pytest.raises(DeployError, match="still refuses") as error:
        rotated(fake, "connectors", None, camunda)
    assert "exporters may be paused" in str(error.value.hint)
    assert fake.secrets.values[f"{SECRET}ConnectorsPassword-a1"] == "old-connectors"
    camunda.exported = True
    rotated(fake, "connectors", None, camunda)
    assert len(camunda.changes) == 1
    assert fake.secrets.values[f"{SECRET}ConnectorsPassword-a1"] == camunda.changes[0][1]


def test_rds_changes_the_password_it_manages(fake: FakeCloud) -> None:
    arn = f"{SECRET}rds!cluster-1"

    def control(_: str) -> Choice | None:
        fake.secrets.versions[arn] = "second"
        return None

    *_, end = rotated(fake, "database-admin", control=control)
    assert isinstance(end, MoveEnded) and "no running task uses it" in end.message
    assert fake.databases.called("rotate_administrator") == ["auroracluster"]
    assert not fake.secrets.called("put") and not restarted(fake)
    with pytest.raises(DeployError, match="RDS has not changed"):
        rotated(fake, "database-admin")


def test_whoever_leaves_is_told_how_to_go_on(fake: FakeCloud) -> None:
    leave = iter([Choice.DETACH])
    fake.services.fail("force_deployment")

    class Stuck(Rolling):
        def force_deployment(self, cluster: str, service: str) -> None:
            FakeServices.force_deployment(self, cluster, service)

    stuck = Stuck(fake.clock)
    stuck.states, stuck.definitions = fake.services.states, fake.services.definitions
    stuck.running = fake.services.running
    fake.cloud = replace(fake.cloud, services=stuck)
    *_, end = rotated(fake, "license", "new", control=lambda _: next(leave))
    assert isinstance(end, MoveEnded) and end.left and "license again" in str(end.hint)


def test_tasks_that_are_older_than_the_value_are_all_that_is_left(fake: FakeCloud) -> None:
    fake.clock.sleep(60)
    fake.secrets.changed[f"{SECRET}stripe-a1"] = fake.clock.now()  # by hand
    rotated(fake, "SECRET_STRIPE")
    assert restarted(fake) == ["connectorsservice"]
    assert not fake.secrets.called("put")
    _, services, secrets = found(fake)
    secret = chosen_secret(secrets, "SECRET_STRIPE", "camunda")
    assert not unfinished(fake.cloud, secret, services)
    fake.secrets.changed[secret.arn] = fake.clock.now() + timedelta(seconds=1)
    fake.services.fail("tasks", AccessDenied("CAM603", "not allowed: ecs:ListTasks"))
    assert not unfinished(fake.cloud, chosen_secret(found(fake)[2], "SECRET_STRIPE", ""), services)


def test_stopped_services_have_no_tasks_to_replace(fake: FakeCloud) -> None:
    state = fake.services.states["orchestrationservice"]
    fake.services.states["orchestrationservice"] = replace(state, desired=0, running=0)
    rotated(fake, "license", "new")
    assert not restarted(fake)


def test_passwords_are_as_cloudformation_makes_them() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    for each in made:
        assert len(each) == 32
        assert all(set(kind) & set(each) for kind in KINDS_OF_CHARACTERS)
        assert not set(each) & set("\"$&'*,./;<>@\\`|~ ")


def test_only_an_administrator_is_let_in(camunda: SimulatedUsers) -> None:
    users = Users(lambda login: HttpChannel([camunda.url], lambda: login))
    assert users.accepts(Login("connectors", "old-connectors"))
    assert not users.accepts(Login("connectors", "wrong"))
    with pytest.raises(DeployError, match="403"):
        users.set_password(Login("connectors", "old-connectors"), "admin", "x")
    with pytest.raises(DeployError, match="show the user nobody"):
        users.set_password(Login("admin", "old-admin"), "nobody", "x")
