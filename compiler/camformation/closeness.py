"""Suggestions for misspelt words, made only for close matches.

A misleading suggestion is worse than none. So a word must differ only in spelling (case, `-` and
`_`, singular and plural), be one or two typing errors away, start exactly one known word, or be
another tool's name for it.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache

SYNONYMS: Mapping[str, tuple[str, ...]] = {  # what other tools call it -> what it may be here
    **dict.fromkeys(
        ("replicas", "replica_count", "count", "desired_count", "task_count", "instances_count"),
        ("tasks", "brokers", "instances"),
    ),
    **dict.fromkeys(("task_desired_count",), ("tasks", "brokers")),
    **dict.fromkeys(("size", "cluster_size", "nodes", "node_count"), ("brokers", "instances")),
    **dict.fromkeys(("partition_count", "partitions_count"), ("partitions",)),
    **dict.fromkeys(("env", "envs", "env_vars", "environment_variables"), ("environment",)),
    **dict.fromkeys(("variables", "vars", "configuration"), ("environment", "parameters")),
    **dict.fromkeys(("mem", "ram", "memory", "task_memory"), ("memory_mib",)),
    **dict.fromkeys(("vcpu", "vcpus", "cpus", "task_cpu"), ("cpu",)),
    **dict.fromkeys(("arch", "platform", "cpu_architecture"), ("architecture",)),
    **dict.fromkeys(("disk", "ephemeral_storage"), ("ephemeral_storage_gib",)),
    **dict.fromkeys(
        ("exec", "enable_execute_command", "ecs_exec", "task_enable_execute_command"),
        ("execute_command",),
    ),
    **dict.fromkeys(
        ("policies", "managed_policies", "role_policies", "extra_task_role_attachments"),
        ("task_policies",),
    ),
    **dict.fromkeys(("init",), ("init_container",)),
    **dict.fromkeys(
        ("volumes", "volume_mounts", "mount_points", "extra_volume_mounts", "extra_volumes"),
        ("mounts", "volumes"),
    ),
    **dict.fromkeys(("port_mappings", "expose", "container_ports"), ("ports",)),
    **dict.fromkeys(("action",), ("actions",)),
    **dict.fromkeys(("containers", "extra_containers", "additional_containers"), ("sidecars",)),
    **dict.fromkeys(("firelens", "fluent_bit", "log_driver"), ("log_router",)),
    **dict.fromkeys(("log_configuration",), ("log_router", "output")),
    **dict.fromkeys(("secret_options",), ("output_secrets",)),
    **dict.fromkeys(("license_key", "licence", "camunda_license_key"), ("license",)),
    **dict.fromkeys(("deployment", "deployment_configuration"), ("rollout",)),
    **dict.fromkeys(("zeebe", "broker", "camunda", "operate", "tasklist"), ("orchestration",)),
    **dict.fromkeys(("db", "rds", "aurora", "postgres", "postgresql"), ("database",)),
    **dict.fromkeys(("vpc", "networking"), ("network",)),
    **dict.fromkeys(("subnets", "subnet_ids", "private_subnets"), ("private_subnet_ids",)),
    **dict.fromkeys(("public_subnets",), ("public_subnet_ids",)),
    **dict.fromkeys(("database_subnets", "db_subnet_ids"), ("database_subnet_ids",)),
    **dict.fromkeys(("lb_subnet_ids", "alb_subnet_ids"), ("load_balancer_subnet_ids",)),
    **dict.fromkeys(
        ("security_groups", "service_security_group_ids", "efs_security_group_ids"),
        ("security_group_ids",),
    ),
    **dict.fromkeys(("outbound", "egress_rules", "outbound_rules"), ("egress",)),
    **dict.fromkeys(("http_proxy", "https_proxy", "proxies"), ("proxy",)),
    **dict.fromkeys(("permissions_boundary", "boundary"), ("permissions_boundary_arn",)),
    **dict.fromkeys(("name_prefix", "role_prefix"), ("role_name_prefix",)),
    **dict.fromkeys(
        ("spot", "fargate_spot", "capacity_providers"), ("capacity_provider_strategy",)
    ),
    **dict.fromkeys(("scaling", "auto_scaling", "hpa"), ("autoscaling",)),
    **dict.fromkeys(("min_replicas", "min_capacity", "min_count"), ("min_tasks", "min_acu")),
    **dict.fromkeys(("max_replicas", "max_capacity", "max_count"), ("max_tasks", "max_acu")),
    **dict.fromkeys(
        ("target_cpu", "target_cpu_utilization_percentage", "cpu_percentage"),
        ("target_cpu_percent",),
    ),
    **dict.fromkeys(
        ("serverlessv2_scaling_configuration", "serverless_v2_scaling_configuration"),
        ("serverless",),
    ),
    **dict.fromkeys(
        ("health_check_grace_period", "health_check_grace_period_seconds"),
        ("health_check_grace_seconds",),
    ),
    **dict.fromkeys(("internal", "internet_facing"), ("scheme",)),
    **dict.fromkeys(("sns_topic_arn", "alarm_topic_arn"), ("topic_arn",)),
    **dict.fromkeys(("external", "byo"), ("existing",)),
    **dict.fromkeys(("snapshot", "restore_from_snapshot"), ("source",)),
    **dict.fromkeys(("force_new_deployment", "service_force_new_deployment"), ("restart",)),
    **dict.fromkeys(("ssl", "sslmode"), ("tls",)),
    **dict.fromkeys(("https",), ("tls",)),
    **dict.fromkeys(("no_proxy", "non_proxy_hosts"), ("exceptions",)),
    **dict.fromkeys(("azs", "zones", "az_count"), ("availability_zones",)),
    **dict.fromkeys(("nat", "nat_gateway", "single_nat_gateway"), ("nat_gateways",)),
    **dict.fromkeys(("endpoints",), ("vpc_endpoints",)),
    **dict.fromkeys(("cidr_block", "cidr_blocks", "vpc_cidr"), ("cidr", "allowed_cidrs")),
    **dict.fromkeys(("ingress", "load_balancer", "load_balancers", "alb", "lb"), ("access",)),
    **dict.fromkeys(("enable_alb", "alb"), ("access", "http")),
    **dict.fromkeys(("enable_nlb", "nlb"), ("access", "grpc")),
    **dict.fromkeys(("dualstack", "dual_stack"), ("ip_address_type", "ipv6")),
    **dict.fromkeys(("ipv6_cidrs", "allowed_ipv6_cidrs"), ("allowed_cidrs",)),
    **dict.fromkeys(("base_path", "path"), ("context_path", "role_path")),
    **dict.fromkeys(("private_zone", "private_zone_id"), ("private_hosted_zone_id",)),
    **dict.fromkeys(("domain", "domain_name", "host", "fqdn"), ("hostname",)),
    **dict.fromkeys(("cert", "certificate", "acm_certificate_arn"), ("certificate_arn",)),
    **dict.fromkeys(("zone_id",), ("hosted_zone_id",)),
    **dict.fromkeys(("auth", "login"), ("authentication",)),
    **dict.fromkeys(("logs", "logging", "monitoring"), ("observability",)),
    **dict.fromkeys(
        ("retention_days", "log_retention", "retention_in_days"), ("log_retention_days",)
    ),
    **dict.fromkeys(("instance_type", "instance_size"), ("instance_class",)),
    **dict.fromkeys(("kms_key", "kms_key_id", "key_arn", "encryption_key"), ("kms_key_arn",)),
    **dict.fromkeys(("deletion_policy", "removal_policy"), ("on_delete",)),
    **dict.fromkeys(("override", "overrides", "customizations"), ("patches",)),
    **dict.fromkeys(("include", "includes", "base", "inherits"), ("extends",)),
    **dict.fromkeys(("params",), ("parameters",)),
    **dict.fromkeys(("username", "db_user"), ("user",)),
    **dict.fromkeys(("database_name", "db_name"), ("name",)),
    **dict.fromkeys(("prod", "live"), ("production",)),
    **dict.fromkeys(("dev", "test"), ("development",)),
    **dict.fromkeys(("arm", "aarch64", "graviton"), ("ARM64",)),
    **dict.fromkeys(("amd64", "x64"), ("X86_64",)),
}


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is closest to a misspelt one, or None if none is close."""
    words = list(known)
    if found := [each for each in words if letters(each) == letters(word)]:
        return found[0]
    if found := [each for each in named(word) if each in words]:
        return found[0]
    if found := [each for each in words if _singular(each) == _singular(word)]:
        return found[0]
    if mistyped := [(distance(word, each), each) for each in words if _mistyped(word, each)]:
        return min(mistyped)[1]
    parts = [each for each in words if _part_of(word, each)]
    return parts[0] if len(parts) == 1 else None


def named(word: str) -> tuple[str, ...]:
    """Return the words that another tool's word may stand for."""
    return _by_letters().get(letters(word), ())


@cache
def _by_letters() -> Mapping[str, tuple[str, ...]]:
    return {letters(each): here for each, here in SYNONYMS.items()}


def letters(word: str) -> str:
    """Return the letters and digits of a word, in lower case."""
    return re.sub(r"[\W_]", "", word).lower()


def _singular(word: str) -> str:
    return re.sub(r"(?:(?<=[^s])s|(?<=[sx])es)$", "", letters(word))


def _mistyped(word: str, known: str) -> bool:
    """Return whether two words differ only by a few typing errors: in longer words, more are
    allowed.

    In a short word, an exchanged letter makes a different word: `node`, `mode`.
    """
    one, other = letters(word), letters(known)
    longer = max(len(one), len(other))
    if min(len(one), len(other)) < 3 or abs(len(one) - len(other)) > longer // 4:
        return False
    slips = distance(word, known)
    if longer < 5:
        return slips == 1 and (len(one) != len(other) or sorted(one) == sorted(other))
    if one[0] != other[0] and one[:2] != other[1::-1] and longer < 8:
        return False
    return slips <= longer // 4 if longer >= 8 else slips <= 1


def distance(word: str, known: str) -> int:
    """Return the number of letters to add, remove, exchange or swap to turn one word into the
    other."""
    one, other = letters(word), letters(known)
    if len(one) * len(other) > 10_000:
        return max(len(one), len(other))
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def _part_of(word: str, known: str) -> bool:
    """Return whether one word continues the other, or is most of it."""
    one, other = (re.split(r"[\W_]+", each.lower()) for each in (word, known))
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < len(longer) and min(map(len, shorter)) > 2:
        return longer[: len(shorter)] == shorter
    start, whole = letters(word), letters(known)
    return whole.startswith(start) and 2 * len(start) > len(whole)
