"""The KMS key of the log groups, and its key policy."""

from typing import Any

from awacs.aws import Action, Allow, ArnEquals, Condition, Principal, Statement
from troposphere import Sub

from camformation.components.keys import add_key
from camformation.components.logs import (
    LogEncryptionSpec,
    firewall_log_group_name,
    log_group_names,
)
from camformation.components.policies import arn
from camformation.units import Unit, Value

ACTIONS = ("Encrypt*", "Decrypt*", "ReEncrypt*", "GenerateDataKey*", "Describe*")
SECTION = ("observability", "log_encryption")


def build_log_key(
    unit: Unit,
    spec: LogEncryptionSpec | None,
    on_delete: str,
    *,
    seed: bool,
    database: bool,
    firewall: bool,
) -> Value | None:
    """Return the key's ARN: the existing one's, that of a new one, or none; `database` and
    `firewall` say whether these have log groups.

    CloudWatch Logs itself uses the key, so its policy names the service and the log groups (Amazon
    CloudWatch Logs User Guide, Encrypt log data using AWS KMS). The key stays if they stay.
    """
    if spec is None or spec.kms_key_arn:
        return spec.kms_key_arn if spec else None
    names = log_group_names(unit.deployment, seed=seed)
    if firewall:
        names.append(firewall_log_group_name(unit.deployment))
    groups = [arn("logs", "log-group:${Group}", Group=name) for name in names]
    if database:  # the cluster's name, which is in those of its log groups, is RDS's choice
        groups.append(arn("logs", "log-group:/aws/rds/cluster/*"))
    context: dict[str, Any] = {"kms:EncryptionContext:aws:logs:arn": groups}
    service = Statement(
        Sid="LogGroups",
        Effect=Allow,
        Principal=Principal("Service", Sub("logs.${AWS::Region}.${AWS::URLSuffix}")),
        Action=[Action("kms", each) for each in ACTIONS],
        Resource=["*"],
        Condition=Condition(ArnEquals(context)),
    )
    return add_key(unit, "Logs", "log groups", on_delete, SECTION, statements=[service])
