"""What documentation leaves open, looked at where it happens."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from smoke.account import Account


@dataclass(frozen=True)
class Verdict:
    """An answer to one doubt: held, or not, or not to be seen here."""

    question: str
    answer: str
    held: bool | None


def of_running(account: Account, resources: dict[str, list[str]]) -> list[Verdict]:
    """Look at a deployment that runs; `resources` are physical ids by type, of all its stacks."""
    return [
        _asked(question, look, account, resources)
        for question, look in (
            ("The Aurora cluster listens on 5432", _port),
            ("Roles of tasks may be assumed with aws:SourceAccount", _source_account),
            ("The file system lets in who comes through its access point", _access_point),
        )
    ]


Look = Callable[[Account, dict[str, list[str]]], tuple[str, bool | None]]


def _asked(question: str, look: Look, account: Account, resources: dict[str, Any]) -> Verdict:
    try:
        answer, held = look(account, resources)
    except Exception as error:  # a doubt that cannot be looked at ends no run
        answer, held = f"cannot be seen: {type(error).__name__}: {error}", None
    return Verdict(question, answer, held)


def _port(account: Account, resources: dict[str, list[str]]) -> tuple[str, bool | None]:
    [cluster] = resources["AWS::RDS::DBCluster"]
    found = account.client("rds").describe_db_clusters(DBClusterIdentifier=cluster)
    port = found["DBClusters"][0]["Port"]
    return f"port {port}", port == 5432


def _running(account: Account, resources: dict[str, list[str]]) -> tuple[int, int]:
    """Tasks that run, and that are wanted."""
    services = resources["AWS::ECS::Service"]
    cluster = services[0].split("/")[-2]
    found = account.client("ecs").describe_services(cluster=cluster, services=services)["services"]
    return sum(s["runningCount"] for s in found), sum(s["desiredCount"] for s in found)


def _source_account(account: Account, resources: dict[str, list[str]]) -> tuple[str, bool | None]:
    iam = account.client("iam")
    policies = [
        json.dumps(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"])
        for role in resources["AWS::IAM::Role"]
    ]
    roles = [policy for policy in policies if "ecs-tasks.amazonaws.com" in policy]
    with_condition = [policy for policy in roles if "aws:SourceAccount" in policy]
    running, wanted = _running(account, resources)
    answer = f"{len(with_condition)} of {len(roles)} roles; {running} of {wanted} tasks run"
    if account.local:
        return f"{answer}, but nobody enforces permissions here", None
    return answer, bool(with_condition) and running == wanted


def _access_point(account: Account, resources: dict[str, list[str]]) -> tuple[str, bool | None]:
    if account.local:
        return "nobody enforces permissions here", None
    [system] = resources["AWS::EFS::FileSystem"]
    policy = account.client("efs").describe_file_system_policy(FileSystemId=system)["Policy"]
    running, wanted = _running(account, resources)
    conditional = "elasticfilesystem:AccessPointArn" in policy
    answer = f"condition {'there' if conditional else 'missing'}; {running} of {wanted} tasks run"
    return answer, conditional and running == wanted


def namespace_order(events: list[dict[str, Any]]) -> Verdict:
    """Whether Service Connect's namespace could be deleted after its services, at once."""
    kinds = ("AWS::ServiceDiscovery::HttpNamespace", "AWS::ECS::Service")
    deleted = [
        (event["ResourceType"], event["ResourceStatus"])
        for event in events
        if event.get("ResourceType") in kinds and "DELETE" in str(event.get("ResourceStatus"))
    ]
    failed = [status for _, status in deleted if status == "DELETE_FAILED"]
    done = [kind for kind, status in deleted if status == "DELETE_COMPLETE"]
    last = done.index(kinds[0]) if kinds[0] in done else -1
    held = None if last < 0 else not failed and kinds[1] not in done[last:]
    answer = f"{len(failed)} failed; order: " + " ".join(each.split("::")[-1] for each in done)
    return Verdict("Service Connect's namespace goes after its services", answer, held)
