"""Secrets and databases in MiniStack, with the properties that our templates set."""

import json
import secrets
import string
from typing import Any

from camformation.deploy.local.modules import (
    Function,
    cloudformation,
    module,
    replace,
    replace_handler,
)

Properties = dict[str, Any]

PROTECTED = (
    "Cannot delete protected {kind}, please disable deletion protection and try again. "
    "(Service: Rds, Status Code: 400)"
)


def install() -> None:
    """Replace the incomplete handlers."""
    provisioners = cloudformation("provisioners")
    replace("_sm_secret_string", lambda _: secret_string, provisioners)
    for action in ("update", "delete"):
        replace_handler("AWS::SecretsManager::Secret", action, _by_arn)
    for action in ("create", "update"):
        replace_handler("AWS::SecretsManager::Secret", action, _arn_as_id)
        replace_handler("AWS::RDS::DBCluster", action, _whole_cluster)
    replace_handler("AWS::RDS::DBCluster", "delete", _protected_cluster)
    replace_handler("AWS::RDS::DBInstance", "delete", _protected_instance)


def secret_string(properties: Properties) -> str:
    """The declared or generated value of a secret, by the rules of GetRandomPassword.

    Exclude* options and IncludeSpace are honoured; RequireEachIncludedType defaults to true.
    """
    wanted = properties.get("GenerateSecretString")
    if wanted is None or properties.get("SecretString"):
        return str(properties.get("SecretString", ""))
    kinds = [
        letters
        for option, letters in (
            ("ExcludeLowercase", string.ascii_lowercase),
            ("ExcludeUppercase", string.ascii_uppercase),
            ("ExcludeNumbers", string.digits),
            ("ExcludePunctuation", string.punctuation),
        )
        if not _true(wanted.get(option))
    ]
    if _true(wanted.get("IncludeSpace")):
        kinds.append(" ")
    excluded = set(wanted.get("ExcludeCharacters", ""))
    kinds = ["".join(c for c in kind if c not in excluded) for kind in kinds]
    kinds = [kind for kind in kinds if kind]
    length = int(wanted.get("PasswordLength", 32))
    chosen = []
    if _true(wanted.get("RequireEachIncludedType", True)):
        chosen = [secrets.choice(kind) for kind in kinds]
    everything = "".join(kinds)
    chosen += [secrets.choice(everything) for _ in range(length - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    generated = "".join(chosen)
    if "SecretStringTemplate" not in wanted:
        return generated
    filled = json.loads(wanted["SecretStringTemplate"])
    filled[wanted.get("GenerateStringKey", "password")] = generated
    return json.dumps(filled)


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _name_of(secret_id: str) -> str:
    """The name of a secret in MiniStack; templates have its ARN."""
    for name, record in module("services.secretsmanager")._secrets.items():
        if record.get("ARN") == secret_id:
            return str(name)
    return secret_id


def _by_arn(original: Function) -> Function:
    """Make a handler find the secret by its ARN, which is the physical id."""

    def handler(physical_id: str, *arguments: Any, **keywords: Any) -> Any:
        return original(_name_of(physical_id), *arguments, **keywords)

    return handler


def _arn_as_id(original: Function) -> Function:
    """`Ref` of a secret is its ARN."""

    def handler(*arguments: Any, **keywords: Any) -> tuple[str, dict[str, Any]]:
        _, attributes = original(*arguments, **keywords)
        return attributes["Arn"], attributes

    return handler


def _whole_cluster(original: Function) -> Function:
    """Key, log exports, certificate and managed password of an Aurora cluster."""

    def handler(*arguments: Any, **keywords: Any) -> tuple[str, dict[str, Any]]:
        cluster_id, attributes = original(*arguments, **keywords)
        properties = arguments[2] if isinstance(arguments[2], dict) else arguments[1]
        record = module("services.rds")._clusters[cluster_id]
        record["KmsKeyId"] = properties.get("KmsKeyId", "")
        record["EnabledCloudwatchLogsExports"] = list(
            properties.get("EnableCloudwatchLogsExports") or []
        )
        if _true(properties.get("ManageMasterUserPassword")):
            record["MasterUserSecret"] = record.get("MasterUserSecret") or _master_secret(
                record, properties
            )
            attributes["MasterUserSecret.SecretArn"] = record["MasterUserSecret"]["SecretArn"]
        return cluster_id, attributes

    return handler


def _master_secret(record: dict[str, Any], properties: Properties) -> dict[str, Any]:
    """The secret that RDS creates for the master user, named `rds!cluster-<id>` as in AWS."""
    name = "rds!" + record["DbClusterResourceId"].lower()
    value = {
        "username": record["MasterUsername"],
        "password": secret_string({"GenerateSecretString": {"ExcludeCharacters": "/\"@'\\"}}),
    }
    key = (properties.get("MasterUserSecret") or {}).get("KmsKeyId")
    provisioners = cloudformation("provisioners")
    _, attributes = provisioners._sm_secret_create(
        "MasterUserSecret", {"Name": name, "SecretString": json.dumps(value), "KmsKeyId": key}, ""
    )
    return {"SecretArn": attributes["Arn"], "SecretStatus": "active", "KmsKeyId": key or ""}


def _protected_cluster(original: Function) -> Function:
    """Refuse to delete a protected cluster; otherwise also delete its managed secret."""

    def delete(physical_id: str, properties: Properties) -> None:
        record = module("services.rds")._clusters.get(physical_id) or {}
        if record.get("DeletionProtection"):
            raise ValueError(PROTECTED.format(kind="Cluster"))
        original(physical_id, properties)
        managed = (record.get("MasterUserSecret") or {}).get("SecretArn")
        if managed:
            module("services.secretsmanager")._secrets.pop(_name_of(managed), None)

    return delete


def _protected_instance(original: Function) -> Function:
    def delete(physical_id: str, properties: Properties) -> None:
        record = module("services.rds")._instances.get(physical_id) or {}
        if record.get("DeletionProtection"):
            raise ValueError(PROTECTED.format(kind="DB Instance"))
        original(physical_id, properties)

    return delete
