"""The checklist: all checks, made at the same time."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from camformation.deploy.change.preparation import service_role, stack_name
from camformation.deploy.cloud.errors import AccessDenied, DeployError
from camformation.deploy.cloud.parallel import in_parallel
from camformation.deploy.cloud.protocols import Cloud
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.live_stack.deployed import read_deployed
from camformation.deploy.preflight import account_checks as account
from camformation.deploy.preflight import domain_checks as domains
from camformation.deploy.preflight import existing_checks as existing
from camformation.deploy.preflight import key_checks as keys
from camformation.deploy.preflight import network_checks as network
from camformation.deploy.preflight import offer_checks as offers
from camformation.deploy.preflight import quota_checks as quotas
from camformation.deploy.preflight import receiver_checks as receivers
from camformation.deploy.preflight import reference_checks as references
from camformation.deploy.preflight import source_checks as sources
from camformation.deploy.preflight import vpc_checks as vpc
from camformation.deploy.preflight.acl_checks import acls
from camformation.deploy.preflight.model import (
    Check,
    Checked,
    Result,
    Situation,
    Status,
    skipped,
)
from camformation.deploy.preflight.route_checks import routes
from camformation.deploy.preflight.subnet_checks import subnets
from camformation.pipeline import Compiled

CONNECTIONS = 12
FAST_S = 2.0

CHECKS = (
    Check("P01", "Caller", account.caller),
    Check("P02", "Clock", account.clock, local=True),
    Check("P03", "Stack", account.stack, local=True),
    Check("P04", "Permissions", account.permissions),
    Check("P05", "Service-linked roles", account.service_linked_roles),
    Check("P06", "Names", account.names, fast=True, local=True),
    Check("P07", "Existing cluster", existing.cluster, fast=True),
    Check("P08", "Policies of roles", existing.managed_policies, fast=True),
    Check("P09", "Service role", account.service_role, fast=True),
    Check("P10", "Availability Zones", network.zones, local=True),
    Check("P11", "Blocks of addresses", network.blocks, local=True),
    Check("P12", "Existing VPC", network.existing_vpc, fast=True, local=True),
    Check("P13", "Existing subnets", subnets, fast=True, local=True),
    Check("P14", "Existing security groups", existing.security_groups, fast=True),
    Check("P15", "VPC endpoints", existing.endpoints, fast=True),
    Check("P16", "Routes", routes, fast=True),
    Check("P17", "Existing file system", sources.shared_file_system, fast=True),
    Check("P18", "Artifact bucket", sources.artifact_bucket),
    Check("P19", "Internet gateways", network.gateways),
    Check("P20", "Quota of Elastic IPs", quotas.addresses, fast=True),
    Check("P21", "Quota of VPCs", quotas.vpcs, fast=True),
    Check("P22", "Quota of NAT gateways", quotas.nat_gateways),
    Check("P23", "Quota of Fargate vCPUs", quotas.fargate_vcpus),
    Check("P24", "Quota of load balancers", quotas.load_balancers),
    Check("P25", "Quota of rules", quotas.rules),
    Check("P26", "Quota of file systems", quotas.file_systems),
    Check("P27", "Quota of databases", quotas.databases, fast=True),
    Check("P28", "Quota of roles", quotas.roles),
    Check("P29", "Quota of log policies", quotas.log_policies),
    Check("P30", "Database engine", offers.engine, fast=True),
    Check("P31", "Images", offers.image_names, fast=True),
    Check("P32", "Database source", sources.database_source, fast=True),
    Check("P33", "Replication bucket", sources.replicas, fast=True),
    Check("P34", "Restored bucket", sources.restored, fast=True),
    Check("P35", "Quota of namespaces", quotas.namespaces),
    Check("P36", "Quota of VPC endpoints", quotas.endpoints),
    Check("P37", "Services of endpoints", vpc.endpoint_services),
    Check("P38", "DNS servers", vpc.name_servers),
    Check("P39", "Network ACLs", acls),
    Check("P40", "Secrets and parameters", references.secrets, local=True),
    Check("P41", "KMS keys", keys.kms_keys, fast=True, local=True),
    Check("P42", "Key policies", keys.key_policies, fast=True),
    Check("P43", "Topics and workspace", receivers.receivers, fast=True),
    Check("P44", "AWS Backup", sources.backed_up),
    Check("P45", "Free plan", offers.free_plan, fast=True),
    Check("P50", "Certificates", domains.certificates, fast=True),
    Check("P51", "Hosted zones", domains.hosted_zones, fast=True),
    Check("P52", "Private CA", domains.authorities, fast=True),
    Check("P53", "DNS records", existing.records, fast=True),
    Check("P54", "CAA records", domains.issuers, fast=True),
)
QUICKLY = (
    *(check for check in CHECKS if check.fast),
    Check("P40", "Secrets and parameters", references.secrets_exist, fast=True),
)
"""The checks that `deploy` makes."""


def situation_of(
    cloud: Cloud,
    caller: Caller,
    compiled: Compiled,
    now: datetime,
    *,
    service_role_arn: str | None = None,
    artifact_bucket: str | None = None,
    quick: bool = False,
) -> Situation:
    """Read the existing deployment. Unreadable parts count as missing; `quick` skips templates."""
    deployment = compiled.deployment
    stack = deployed = None
    with suppress(AccessDenied):
        stack = cloud.stacks.describe_stack(stack_name(deployment))
        if stack and not quick:
            deployed = read_deployed(cloud.stacks, stack.name)
    role = service_role(deployment, service_role_arn)
    return Situation(cloud, caller, compiled, now, stack, deployed, role, artifact_bucket)


def preflight(situation: Situation, checks: Sequence[Check] = CHECKS) -> tuple[Checked, ...]:
    """Make checks at the same time, and return their results in order.

    Checks without permission or an answer are skipped. Raises DeployError if the credentials
    expire.
    """
    made = in_parallel(lambda check: _made(check, situation), checks, CONNECTIONS)
    return tuple(
        Checked(check.id, check.title, result)
        for check, results in zip(checks, made, strict=True)
        for result in results
    )


class Quick:
    """The fast checks, which run while a deployment is prepared. Their threads are not waited
    for."""

    def __init__(self, read: Callable[[], Situation]) -> None:
        self._made: SimpleQueue[tuple[Check, list[Result]] | BaseException] = SimpleQueue()
        self._until = monotonic() + FAST_S
        Thread(target=self._begin, args=(read,), daemon=True).start()

    def _begin(self, read: Callable[[], Situation]) -> None:
        try:
            situation = read()
        except DeployError:
            return  # the preparation has the same error, and reports it
        except BaseException as error:  # raised again by the waiting thread, not printed here
            self._made.put(error)
            return
        for check in QUICKLY:
            Thread(target=self._make, args=(check, situation), daemon=True).start()

    def _make(self, check: Check, situation: Situation) -> None:
        results: list[Result] = []
        try:
            with suppress(DeployError):
                results = _made(check, situation)
        except BaseException as error:  # as above
            self._made.put(error)
        else:
            self._made.put((check, results))

    def obstacles(self) -> tuple[Checked, ...]:
        """Return the certain obstacles, from the checks that have ended within two seconds of the
        start; the others are given up."""
        found: list[Checked] = []
        for _ in QUICKLY:
            try:
                made = self._made.get(timeout=max(0.0, self._until - monotonic()))
            except Empty:
                break
            if isinstance(made, BaseException):
                raise made
            check, results = made
            for result in results:
                if result.status is Status.NO and result.certain:
                    found.append(Checked(check.id, check.title, result))
        return tuple(sorted(found, key=lambda each: each.id))


def _made(check: Check, situation: Situation) -> list[Result]:
    found: list[Result] = []
    if situation.cloud.local and not check.local:
        return [skipped("the local target cannot tell")]
    try:
        found.extend(check.run(situation))
    except AccessDenied as error:
        found.append(skipped(error.hint or error.message))
    except DeployError as error:
        if error.code in ("CAM601", "CAM602"):
            raise
        found.append(skipped(error.message, error.hint or ""))
    return found
