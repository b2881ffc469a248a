"""Checks of KMS keys: whether they encrypt, and allow their users."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from camformation.deploy.cloud.errors import AccessDenied
from camformation.deploy.preflight import facts
from camformation.deploy.preflight.model import Result, Situation, no, ok, skipped
from camformation.deploy.preflight.policy_documents import lets_in
from camformation.diagnostics import Path

Judge = Callable[[Situation, Mapping[str, Any], str, Path], Result | None]

AWS_OWN = "alias/aws/"
"""Aliases of AWS managed keys in an account, whose policies allow the account's roles by
themselves.
"""


def kms_keys(s: Situation) -> Iterator[Result]:
    """Whether the spec's own keys can be used."""
    for arn in facts.keys(s.templates):
        key = s.account.secrets.key(arn)
        if key is None:
            yield no(f"there is no key {arn}", "correct the ARN")
        elif key.state != "Enabled":
            yield no(
                f"the key {arn} is in the state {key.state}",
                "enable it: `aws kms enable-key`, or `aws kms cancel-key-deletion` first",
            )
        elif not key.encrypts:
            yield no(
                f"the key {arn} signs, or is asymmetric: nothing is encrypted with it",
                "name a symmetric key with the usage ENCRYPT_DECRYPT",
            )
        else:
            yield ok(f"{arn} is enabled")


def key_policies(s: Situation) -> Iterator[Result]:
    """Whether the policies of keys allow CloudWatch Logs, and the roles of tasks."""
    for arn, path in _of_secrets(s):
        yield _judged(s, arn, path, _for_tasks)
    encryption = s.deployment.observability.log_encryption
    if encryption and encryption.kms_key_arn:
        path = ("observability", "log_encryption", "kms_key_arn")
        yield _judged(s, str(encryption.kms_key_arn), path, _for_logs)


def own_keys(s: Situation) -> set[str]:
    """Return the IDs of the keys with which execution roles may decrypt secrets."""
    return {key_id(arn) for arn, _ in _of_secrets(s)}


def key_id(name: str) -> str:
    """Return the ID in a key's ARN, or the ID itself."""
    return name.rpartition("/")[2]


def _of_secrets(s: Situation) -> Iterator[tuple[str, Path]]:
    spec = s.deployment
    if spec.secrets.kms_key_arn:
        yield str(spec.secrets.kms_key_arn), ("secrets", "kms_key_arn")
    for index, arn in enumerate(spec.secrets.additional_kms_key_arns):
        yield str(arn), ("secrets", "additional_kms_key_arns", index)
    if spec.registry.kms_key_arn:
        yield str(spec.registry.kms_key_arn), ("registry", "kms_key_arn")


def _judged(s: Situation, arn: str, path: Path, judge: Judge) -> Result:
    try:
        policy = s.account.secrets.key_policy(arn)
    except AccessDenied as error:  # another account's, or not readable for us
        return skipped(f"the policy of {arn} is not read", error.hint or "", path)
    return judge(s, policy, arn, path) or ok(f"the policy of {arn} lets in who needs it", path)


def _for_tasks(s: Situation, policy: Mapping[str, Any], arn: str, path: Path) -> Result | None:
    """Judge whether IAM may allow roles that do not exist yet."""
    account = s.caller.account
    if lets_in(policy, "kms:Decrypt", [account]):
        return None
    return no(
        f"the policy of {arn} leaves nothing to IAM, so that tasks cannot decrypt their secrets",
        f"allow kms:* to arn:aws:iam::{account}:root (AWS KMS Developer Guide, Default key policy)",
        path,
        certain=False,
    )


def _for_logs(s: Situation, policy: Mapping[str, Any], arn: str, path: Path) -> Result | None:
    service = f"logs.{s.cloud.region}.amazonaws.com"
    if lets_in(policy, "kms:Encrypt", [service, f"{service}.cn", "logs.amazonaws.com"]):
        return None
    return no(
        f"the policy of {arn} does not let {service} encrypt",
        "allow it kms:Encrypt*, kms:Decrypt*, kms:ReEncrypt*, kms:GenerateDataKey* and "
        "kms:Describe* (CloudWatch Logs User Guide, Encrypt log data)",
        path,
    )
