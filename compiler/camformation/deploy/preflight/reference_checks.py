"""Checks of secrets and parameters."""

import re
from collections.abc import Iterator

from camformation.deploy.cloud.errors import AccessDenied
from camformation.deploy.preflight import facts
from camformation.deploy.preflight.key_checks import AWS_OWN, key_id, own_keys
from camformation.deploy.preflight.model import Result, Situation, Status, no, ok, skipped

SECRET = re.compile(
    r"(?P<arn>arn:[\w-]+:secretsmanager:(?P<region>[\w-]+):(?P<account>\d*):secret:[^:]+)"
    r"(?::(?P<key>[^:]*):[^:]*:[^:]*)?"
)
PARAMETER = re.compile(r"arn:[\w-]+:ssm:(?P<region>[\w-]+):(?P<account>\d*):parameter/.+")


def secrets(s: Situation) -> Iterator[Result]:
    """Whether secrets and parameters exist in the region, and their named keys have values."""
    yield from _references(s, values=True)


def secrets_exist(s: Situation) -> Iterator[Result]:
    """Whether secrets and parameters exist in the region, without reading them."""
    yield from _references(s, values=False)


def _references(s: Situation, *, values: bool) -> Iterator[Result]:
    registry = str(s.deployment.registry.credentials_secret_arn)
    for reference in facts.secrets(s.templates):
        if found := SECRET.fullmatch(reference):
            arn, key = found["arn"], found["key"]
            if found["region"] != s.cloud.region:
                yield _elsewhere(arn, found["region"], s.cloud.region)
            elif found["account"] != s.caller.account:
                yield skipped(f"{arn} is another account's")
            else:
                found_secret = _secret(s, arn, key if values else None)
                if values and reference == registry and found_secret.status is Status.OK:
                    found_secret = _credentials(s, arn)
                yield found_secret
        elif found := PARAMETER.fullmatch(reference):
            if found["region"] != s.cloud.region:
                yield _elsewhere(reference, found["region"], s.cloud.region)
            elif found["account"] == s.caller.account:
                yield _parameter(s, reference)
        elif not reference.startswith("arn:"):
            yield _parameter(s, reference)


def _elsewhere(name: str, region: str, wanted: str) -> Result:
    return no(
        f"{name} is in {region}, the deployment in {wanted}",
        f"replicate it to {wanted}, and name the replica",
        certain=False,
    )


def _secret(s: Situation, arn: str, key: str | None) -> Result:
    secret = s.account.secrets.secret(arn)
    name = arn.rpartition(":")[2]
    if secret is None:
        return no(f"there is no secret {name} in {s.cloud.region}", "create it, or correct the ARN")
    if secret.deleting:
        return no(
            f"the secret {name} is being deleted",
            f"`aws secretsmanager restore-secret --secret-id {arn}`",
        )
    if secret.empty:
        return no(
            f"the secret {name} has no value yet",
            f"`aws secretsmanager put-secret-value --secret-id {arn} --secret-string …`",
            certain=False,
        )
    if secret.key and not _decrypted(s, secret.key):
        return no(
            f"the secret {name} is encrypted with {secret.key}, which its tasks may not use",
            "name that key in `secrets.additional_kms_key_arns`",
            ("secrets",),
            certain=False,
        )
    if not key:
        return ok(f"{name} exists")
    try:
        keys = s.account.secrets.keys(arn)
    except AccessDenied as error:
        return skipped(f"{name} exists; its key {key} is not read", error.hint or "")
    if keys is None:
        return no(
            f"the secret {name} is not a JSON object, so it has no key {key}", "store an object"
        )
    if key not in keys:
        return no(
            f"the secret {name} has no value for the key {key}",
            f"add it; the keys with a value are {', '.join(sorted(keys)) or 'none'}",
        )
    return ok(f"{name} has a value for {key}")


def _credentials(s: Situation, arn: str) -> Result:
    """Judge whether a secret holds what ECS logs in to a registry with (Amazon ECS Developer Guide,
    Using non-AWS container images)."""
    name = arn.rpartition(":")[2]
    try:
        keys = s.account.secrets.keys(arn)
    except AccessDenied as error:
        return skipped(f"{name} exists; its user name and password are not read", error.hint or "")
    missing = [each for each in ("username", "password") if each not in (keys or ())]
    if missing:
        return no(
            f"the secret {name} has no {' and no '.join(missing)}, with which images are pulled",
            'store an object: {"username": "…", "password": "…"}',
            ("registry", "credentials_secret_arn"),
        )
    return ok(f"{name} has a user name and a password")


def _decrypted(s: Situation, key: str) -> bool:
    """Whether execution roles may use the key of a secret."""
    if AWS_OWN in key:
        return True
    if "alias/" in key:
        found = s.account.secrets.key(key)
        key = found.arn if found else ""
    return not key or key_id(key) in own_keys(s)


def _parameter(s: Situation, name: str) -> Result:
    if s.account.secrets.parameter(name):
        return ok(f"the parameter {name} exists")
    return no(f"there is no parameter {name} in {s.cloud.region}", "create it, or correct the name")
