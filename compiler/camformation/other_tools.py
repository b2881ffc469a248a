"""Keys of Helm values, Terraform variables and CloudFormation, and their equivalents here.

Keys are compared by their letters alone. Sources: camunda/camunda-platform-helm, values.yaml;
camunda/camunda-deployment-references, variables.tf of the reference for ECS; AWS CloudFormation
Template Reference; Terraform docs, aws_cloudformation_stack_set.
"""

from collections.abc import Mapping

from camformation.closeness import letters
from camformation.diagnostics import Path
from camformation.resource_keys import ARGUMENTS, OF_SECTIONS, PATCH

PLACES: Mapping[str, str] = {
    **dict.fromkeys(("prefix", "fullnameoverride", "project"), "name"),
    **dict.fromkeys(("defaulttags", "commontags", "labels"), "tags"),
    **dict.fromkeys(("awsregion", "regions"), "region"),
    **dict.fromkeys(("awsaccountid", "accountid"), "account"),
    **dict.fromkeys(("cidrblocks", "cidrblock", "vpccidr", "vpccidrblock"), "network.cidr"),
    **dict.fromkeys(
        ("limitaccesstocidrs", "allowedcidrs", "allowedcidrblocks"), "access.allowed_cidrs"
    ),
    **dict.fromkeys(("vpcid",), "network.existing.vpc_id"),
    **dict.fromkeys(("vpcprivatesubnets",), "network.existing.private_subnet_ids"),
    **dict.fromkeys(("dbname", "databasename"), "database.name"),
    **dict.fromkeys(("dbadminusername", "masterusername", "dbusername"), "database.admin_username"),
    **dict.fromkeys(("dbinstanceclass", "instanceclass"), "database.instance_class"),
    **dict.fromkeys(("engineversion",), "database.engine_version"),
    **dict.fromkeys(("backupretentionperiod",), "database.backup_retention_days"),
    **dict.fromkeys(("numinstances", "dbinstances"), "database.instances"),
    **dict.fromkeys(
        ("iamauthenabled", "dbiamauthenabled", "iamdatabaseauthenticationenabled"),
        "database.authentication",
    ),
    **dict.fromkeys(
        ("enableiamdatabaseauthentication", "iamdatabaseauthentication"), "database.authentication"
    ),
    **dict.fromkeys(
        ("performanceinsightsenabled", "enableperformanceinsights", "databaseinsightsmode"),
        "database.insights",
    ),
    "monitoringinterval": "database.enhanced_monitoring_seconds",
    **dict.fromkeys(
        ("enabledcloudwatchlogsexports", "enablecloudwatchlogsexports", "cloudwatchlogsexports"),
        "database.log_exports",
    ),
    **dict.fromkeys(("dbseedenabled",), "database.seed"),
    **dict.fromkeys(("dbseediamusernames",), "database.additional_iam_users"),
    **dict.fromkeys(("cacertidentifier",), "database.ca_certificate"),
    **dict.fromkeys(("secretskmskeyarn",), "secrets.kms_key_arn"),
    **dict.fromkeys(("albcertificatearn",), "access.tls.certificate_arn"),
    **dict.fromkeys(("albpublichostname",), "access.tls.hostname"),
    **dict.fromkeys(("albsslpolicy", "sslpolicy"), "access.tls.policy"),
    **dict.fromkeys(("authenticationmode",), "authentication.mode"),
    **dict.fromkeys(("externaloidc",), "authentication.oidc"),
    **dict.fromkeys(("camundalicensekey",), "license"),
    **dict.fromkeys(("registrycredentialsarn",), "registry.credentials_secret_arn"),
    **dict.fromkeys(("cloudwatchretentiondays",), "observability.log_retention_days"),
    **dict.fromkeys(("efsthroughputmode", "throughputmode"), "storage.efs.throughput_mode"),
    **dict.fromkeys(("efsperformancemode", "performancemode"), "storage.efs.performance_mode"),
    "efsprovisionedthroughputinmibps": "storage.efs.provisioned_throughput_mibps",
    "waitforsteadystate": "stack.wait_for_steady_state",
}
"""The field for a key of another tool."""

_PARTS = "camformation deploys the orchestration cluster and connectors, nothing else: remove it"
_KUBERNETES = "it is for Kubernetes: remove it"
_SETTINGS = "write Camunda's settings as variables in environment, such as CAMUNDA_{}_…"
NOTES: Mapping[str, str] = {
    **dict.fromkeys(
        ("elasticsearch", "opensearch"), "brokers keep this data in PostgreSQL: see `database`"
    ),
    **dict.fromkeys(("optimize", "console", "webmodeler", "hub", "camundahub"), _PARTS),
    **dict.fromkeys(("identity", "managementidentity", "keycloak", "identitykeycloak"), _PARTS),
    **dict.fromkeys(("identitypostgresql", "webmodelerpostgresql"), _PARTS),
    **dict.fromkeys(("global",), "its fields have their own sections here"),
    **dict.fromkeys(("resources", "limits", "requests"), "write cpu and memory_mib"),
    **dict.fromkeys(("javaopts", "javatooloptions"), "set JAVA_TOOL_OPTIONS in environment"),
    **dict.fromkeys(
        ("pvcsize", "pvcstorageclassname", "persistence", "persistencetype", "storageclass"),
        "brokers share a file system that grows automatically: see `storage.efs`",
    ),
    **dict.fromkeys(
        ("livenessprobe", "readinessprobe", "startupprobe"),
        "health checks already exist; `rollout` sets their times",
    ),
    **dict.fromkeys(("nodeselector", "affinity", "tolerations"), _KUBERNETES),
    **dict.fromkeys(
        ("serviceaccount", "serviceaccountname", "taskrolearn"),
        "tasks have roles of their own: grant more with task_policies or task_statements",
    ),
    **dict.fromkeys(
        ("principal", "principals", "notprincipal"),
        "statements are of the task's own role, which is the principal: remove it",
    ),
    **dict.fromkeys(
        ("notaction", "notactions", "notresource", "notresources"),
        "there is no negation here: list what is allowed, or a second statement with effect Deny",
    ),
    **dict.fromkeys(("podsecuritycontext", "podlabels", "podannotations"), _KUBERNETES),
    **dict.fromkeys(
        ("containersecuritycontext", "securitycontext"), "see `containers`, for all containers"
    ),
    **dict.fromkeys(
        ("networkmode", "launchtype", "platformversion", "assignpublicip", "networkconfiguration"),
        "tasks run on Fargate, in private subnets with their own network interfaces: remove it",
    ),
    **dict.fromkeys(
        ("privileged", "links", "extrahosts", "gpus", "sharedmemorysize", "devices"),
        "containers on Fargate cannot have it: remove it",
    ),
    **dict.fromkeys(("ulimits", "nofile"), "set containers.open_files, for all containers"),
    **dict.fromkeys(("capdrop",), "set drop_capabilities in `security`"),
    **dict.fromkeys(
        ("storageencrypted", "encrypted", "encryption", "encryptatrest"),
        "everything is encrypted; kms_key_arn names your own key",
    ),
    **dict.fromkeys(
        ("skipfinalsnapshot", "finalsnapshotidentifier"), "set on_delete: snapshot is the default"
    ),
    **dict.fromkeys(
        ("masterpassword", "masteruserpassword", "dbadminpassword"),
        "RDS creates the administrator's password, and rotates it: remove it",
    ),
    **dict.fromkeys(("engine",), "a new database is Aurora PostgreSQL: see engine_version"),
    **dict.fromkeys(
        ("idletimeout", "listeners", "targetgroups", "dockerlabels", "capadd", "workingdir"),
        PATCH,
    ),
    **dict.fromkeys(("fromport", "toport"), "write a list of ports: [443], or [9092-9094]"),
    **dict.fromkeys(("multiaz",), "set `instances` to 2 or more: they are in different zones"),
    **dict.fromkeys(
        ("preferredmaintenancewindow", "preferredbackupwindow", "copytagstosnapshot", "backtrack"),
        PATCH,
    ),
    **dict.fromkeys(
        ("preserveclientip", "enablecrosszoneloadbalancing", "crosszone", "stickiness", "http2"),
        PATCH,
    ),
    **dict.fromkeys(("lifecyclepolicy", "lifecyclepolicies", "lifecyclerules"), PATCH),
    **dict.fromkeys(
        ("linuxparameters",), "set init_process in `security`; for others, use a patch"
    ),
    **dict.fromkeys(("initprocessenabled",), "set init_process in `security`"),
    **dict.fromkeys(
        ("environmentfiles", "envfile", "envfiles"),
        "write the variables in environment, or import a file that an init container fetches",
    ),
    **dict.fromkeys(("envfrom",), "write variables in environment, and secrets' ARNs in secrets"),
    **dict.fromkeys(
        ("publiclyaccessible", "applyimmediately", "dropinvalidheaderfields", "transitencryption"),
        "it is decided already, the safe way: remove it",
    ),
    **dict.fromkeys(
        ("webaclarn", "webaclid", "wafarn", "wafaclarn"),
        "`access.waf` makes a web ACL; to associate one of yours, use a patch",
    ),
    **dict.fromkeys(
        ("bucket", "bucketname"),
        "the deployment makes its own buckets, named by CloudFormation: remove it",
    ),
    **dict.fromkeys(
        ("versioning", "versioningenabled"), "the bucket of backups has versions: remove it"
    ),
    **dict.fromkeys(("forcedestroy",), "set on_delete to delete"),
    **ARGUMENTS,
    **dict.fromkeys(
        ("extraconfiguration", "applicationyaml"),
        "write settings as variables in environment, or as JSON in its SPRING_APPLICATION_JSON",
    ),
    **dict.fromkeys(("loglevel",), "set CAMUNDA_LOG_LEVEL in environment"),
    **dict.fromkeys(
        ("redirecturi", "redirecturl", "redirecturis", "callbackurl", "callbackurls"),
        "it follows from access.tls.hostname: remove it, and register "
        "https://<hostname>/sso-callback with the provider",
    ),
    **dict.fromkeys(("dbport", "listenerport"), "ports are fixed: remove it"),
}
"""Advice for keys without a field."""

OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("destroy", "cascade"), "delete"),
    **dict.fromkeys(("retainexceptoncreate", "keep"), "retain"),
    **dict.fromkeys(("set", "update", "merge"), "replace"),
    **dict.fromkeys(("delete", "del"), "remove"),
    **dict.fromkeys(("-1", "any"), "all"),
    **dict.fromkeys(("public", "external", "internet"), "internet-facing"),
    **dict.fromkeys(("private",), "internal"),
    **dict.fromkeys(
        ("keycloak", "entra", "okta", "auth0", "cognito", "sso", "openid", "oauth2", "saml"), "oidc"
    ),
    **dict.fromkeys(("rds-ca-2019", "rds-ca-2015"), "rds-ca-rsa2048-g1"),
    "service_started": "START",
    "service_healthy": "HEALTHY",
    "service_completed_successfully": "SUCCESS",
    **dict.fromkeys(("alb", "nlb", "lb", "listeners"), "load_balancers"),
}
"""The names of other tools' options here."""
SWITCHES: Mapping[bool, tuple[str, ...]] = {
    True: ("enabled", "per_zone"),
    False: ("disabled", "none", "closed"),
}
"""The words for true and false in fields with options."""

FLEETS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("stacksetname", "stackset"), ("name",)),
    **dict.fromkeys(("templateurl", "templatebody", "resourcefile"), ("spec",)),
    "operationpreferences": ("operation",),
    **dict.fromkeys(("stackinstancesgroup", "stackinstances"), ("waves",)),
    "deploymenttargets": ("targets", "waves"),
    **dict.fromkeys(("parameteroverrides", "parametervalues"), ("parameters",)),
    **dict.fromkeys(("organizationalunitids", "ous"), ("organizational_units",)),
    **dict.fromkeys(("accountfiltertype", "filtertype"), ("account_filter",)),
    "regions": ("waves",),
}
"""The names in a fleet file for keys of StackSets, and of tools for them."""

OF_CAMUNDA: Mapping[str, str] = {
    **{each: each.upper() for each in ("data", "security", "api", "processing")},
    "exporters": "DATA_EXPORTERS",
    "history": "DATA_SECONDARYSTORAGE_RDBMS_HISTORY",
    "retention": "DATA_SECONDARYSTORAGE_RDBMS_HISTORY",
    "multitenancy": "SECURITY_MULTITENANCY",
}
"""Groups of Camunda's settings in the Helm chart, and the prefixes of their variables."""
SERVICES: tuple[Path, ...] = (("orchestration",), ("connectors",))


def place(key: str) -> str | None:
    """Return the field that another tool's key is for."""
    return PLACES.get(letters(key))


def note(key: str, section: Path) -> str | None:
    """Return the advice for another tool's key in a section."""
    if said := OF_SECTIONS.get(tuple(map(str, section)), {}).get(letters(key)):
        return said
    if section in SERVICES and (group := OF_CAMUNDA.get(key.lower())):
        return _SETTINGS.format(group)
    return NOTES.get(letters(key))


def of_stacksets(key: str, known: list[str]) -> str | None:
    """Return the advice for a key of StackSets in a part of a fleet file with these keys."""
    word = letters(key)
    if word == "capabilities":
        return "camformation knows what the template needs: remove it"
    there = next((each for each in FLEETS.get(word, ()) if each in known), None)
    if there == "waves":
        return "targets are in `waves`, each with a name"
    return f"did you mean {there!r}?" if there else None
