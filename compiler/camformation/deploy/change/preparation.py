"""The preparation of a deployment: zones, artifacts, the change set, and the plan."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any

from camformation.cost.prices import BUNDLED, PriceTable
from camformation.deploy.change.bootstrap import bootstrap, find_bucket
from camformation.deploy.change.change_set import ChangeSet, Submission, create, discard
from camformation.deploy.change.first_deployment import begins, deletable, lines_behind, second_step
from camformation.deploy.change.package import ArtifactBucket, check_bucket, make_package, upload
from camformation.deploy.change.wanted import refuse_second_stack, wanted
from camformation.deploy.cloud.errors import CredentialsExpired, DeployError
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.cloud.target import url_suffix
from camformation.deploy.live_stack.deployed import Deployed, read_deployed
from camformation.deploy.live_stack.own_change_sets import described
from camformation.deploy.live_stack.running import read_running
from camformation.deploy.live_stack.settings import read_settings
from camformation.deploy.live_stack.status import change_set_type, check_owner, paused_notice
from camformation.deploy.operation.watch import busy
from camformation.deploy.plan.cluster_sizes import keep_sizes, sizes_differ
from camformation.deploy.plan.given import given_values
from camformation.deploy.plan.model import Plan, Target
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.plan_file import Fingerprint, hashes
from camformation.deploy.plan.running import ClusterSize
from camformation.deploy.plan.stack_settings import (
    service_role_gate,
    stack_settings_gate,
    wanted_settings,
)
from camformation.deployment import Deployment
from camformation.frozen import frozen, replaced
from camformation.layout import Templates
from camformation.pipeline import Compiled


@frozen
class DeployOptions:
    """Options of the command line for a deployment, which override the spec."""

    artifact_bucket: str | None = None
    service_role_arn: str | None = None
    allow: tuple[str, ...] = ()
    express: bool = False
    disable_rollback: bool = False


@frozen
class Prepared:
    """A deployment ready to be executed, with its plan."""

    deployment: Deployment
    templates: Templates  # as they are deployed: zones pinned
    deployed: Deployed | None
    change_set: ChangeSet
    plan: Plan
    fingerprint: Fingerprint
    express: bool
    protect_later: bool = False  # what holds data is protected by a second deployment


def service_role(deployment: Deployment, given: str | None) -> str | None:
    """Return the service role of CloudFormation: the given one, else the spec's, if any."""
    role = given or deployment.stack.service_role_arn
    return str(role) if role else None


def stack_name(deployment: Deployment) -> str:
    """Return the name of a deployment's root stack."""
    return str(deployment.stack.name or deployment.name)


def prepare(
    cloud: Cloud,
    clock: Clock,
    caller: Caller,
    compiled: Compiled,
    options: DeployOptions,
    before_change_set: Callable[[], None] | None = None,
    ask_cluster: Callable[[Deployed], ClusterSize] | None = None,
    prices: PriceTable = BUNDLED,
) -> Prepared:
    """Upload the templates and create a change set; return it with its plan.

    The running system is not changed. Callers that do not execute the change set must discard it.
    An error of `before_change_set` ends it before a change set exists. `ask_cluster` asks brokers
    for their number, if the deployment changes it. Raises DeployError.
    """
    deployment = compiled.deployment
    stack = stack_name(deployment)
    before = cloud.stacks.describe_stack(stack)
    if before and before.in_progress and not before.parent_id:
        raise busy(cloud.stacks, before)
    change_set_type(before)  # fails now if the stack cannot be updated
    deployed = read_deployed(cloud.stacks, stack)
    if deployed:
        check_owner(deployed.metadata, stack, str(deployment.name))
    else:
        refuse_second_stack(cloud.stacks, stack, str(deployment.name))
    running = deployed.templates if deployed else None
    known = deployed.stack.parameters if deployed else {}
    given = given_values(compiled.parameters, known)
    engine = wanted(cloud, compiled, given, deployed)
    values = dict(engine.parameters)
    size, unknown = _cluster(ask_cluster, deployed, engine.templates)
    whole = keep_sizes(running or {}, engine.templates, size)
    first = begins(before, running)
    templates = deletable(whole) if first else whole

    bucket = _bucket(cloud, clock, caller, deployment, options)
    package = make_package(templates, bucket, cloud.region)
    if bucket and package.artifacts:
        # A rollback reads the templates that run now, so those are kept in the bucket too.
        packages = [package, *([make_package(running, bucket, cloud.region)] if running else [])]
        upload(cloud.objects, bucket, packages, clock.now())
    fingerprint = fingerprint_of(cloud, caller, compiled, templates, deployed)
    if before_change_set:
        before_change_set()
    change_set = create(
        cloud.stacks,
        clock,
        Submission(
            stack=stack,
            package=package,
            token=_token(caller, fingerprint, clock),
            description=described(f"for {caller.arn}"[:900]),
            parameters=values,
            tags=dict(deployment.tags),
            service_role_arn=options.service_role_arn,
            notification_topic_arns=tuple(map(str, deployment.stack.notification_topic_arns)),
            express=options.express,
            disable_rollback=options.disable_rollback,
        ),
    )
    target = Target(
        deployment=str(deployment.name),
        layout=str(compiled.layout),
        stack=stack,
        account=caller.account,
        region=cloud.region,
        base="deployed" if deployed else "nothing",
    )
    try:
        plan = make_plan(
            running,
            templates,
            target=target,
            # The local target cannot tell replacements; our own analysis is used instead.
            change_set=None if cloud.local else change_set.changes,
            origins=lines_behind(compiled, running, (known, values), templates, first=first),
            allow=options.allow,
            parameters=(known, values),
            running=replaced(
                read_running(cloud.services, cloud.databases, deployed),
                cluster=size,
                cluster_unknown=unknown,
            ),
            prices=prices,
        )
    except BaseException:  # Ctrl-C too: the caller does not know of the change set yet
        with suppress(DeployError):
            discard(cloud.stacks, clock, change_set)
        raise
    if deployed and running is not None:
        notices = (
            *paused_notice(deployed.stack),
            *second_step(running, templates),
            *engine.notices,
        )
        own = stack_settings_gate(
            read_settings(
                cloud.stacks,
                deployed.stack,
                local=cloud.local,
                protects=bool(deployment.stack.protect_data),
            ),
            wanted_settings(deployment),
            compiled.resolved.decided,
        )
        role = service_role_gate(
            deployed.stack.role_arn, options.service_role_arn, compiled.resolved.decided
        )
        plan = replaced(plan, gate=(*notices, *plan.gate, *own, *role))
    return Prepared(
        deployment,
        templates,
        deployed,
        change_set,
        plan,
        fingerprint,
        options.express,
        protect_later=templates != whole,
    )


def _cluster(
    ask: Callable[[Deployed], ClusterSize] | None, deployed: Deployed | None, templates: Templates
) -> tuple[ClusterSize | None, str]:
    """Return the cluster's size, if the deployment changes it, and the reason if it is not
    known."""
    if ask is None or deployed is None or not sizes_differ(deployed.templates, templates):
        return None, ""
    try:
        return ask(deployed), ""
    except CredentialsExpired:
        raise
    except DeployError as error:
        return None, error.message


def fingerprint_of(
    cloud: Cloud,
    caller: Caller,
    compiled: Compiled,
    templates: Templates,
    deployed: Deployed | None,
) -> Fingerprint:
    """Return the inputs of this deployment's plan."""
    updated = deployed and (deployed.stack.updated or deployed.stack.created)
    return Fingerprint(
        account=caller.account,
        region=cloud.region,
        stack=stack_name(compiled.deployment),
        templates=hashes(templates),
        deployed=hashes(deployed.templates if deployed else None),
        last_updated=updated.isoformat() if updated else None,
        settings=_settings(compiled.deployment),
    )


def _settings(deployment: Deployment) -> dict[str, str]:
    """Return the settings of a deployment outside its templates, for the plan file."""
    stack = deployment.stack
    tags = sorted((str(name), str(value)) for name, value in deployment.tags.items())
    return {
        "tags": ", ".join(f"{name}={value}" for name, value in tags),
        "notification topics": ", ".join(map(str, stack.notification_topic_arns)),
        "termination protection": str(bool(stack.termination_protection)).lower(),
        "data protection": str(bool(stack.protect_data)).lower(),
    }


def _bucket(
    cloud: Cloud, clock: Clock, caller: Caller, deployment: Deployment, options: DeployOptions
) -> ArtifactBucket | None:
    given = options.artifact_bucket or deployment.stack.artifact_bucket
    name = str(given) if given else find_bucket(cloud.stacks)
    if name is None and cloud.local:  # nothing there is anybody else's to decide about
        name = bootstrap(cloud.stacks, clock, "camformation-bootstrap-local")
    if name is None:
        return None
    region = check_bucket(cloud.objects, name)
    return ArtifactBucket(name, region, url_suffix(caller), local=cloud.local)


def _token(caller: Caller, fingerprint: Fingerprint, clock: Clock) -> str:
    """Return a unique name for a change set that identifies its creator."""
    seed: Mapping[str, Any] = fingerprint.templates
    unique = sha256(f"{clock.now().isoformat()} {sorted(seed.items())}".encode()).hexdigest()[:12]
    return f"camformation-{caller.name}-{clock.now():%Y%m%d-%H%M%S}-{unique}"
