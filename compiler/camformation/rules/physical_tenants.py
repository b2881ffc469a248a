"""The rule for physical tenants that keep brokers from starting."""

import re
from collections.abc import Iterator, Mapping

from camformation.deployment import Deployment
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import JSON, Setting, Settings, broker_settings, switched
from camformation.spelling import bound, variable

START = "CAMUNDA_PHYSICALTENANTS_"
MAIN = "default"  # the settings of all, whatever else it has
LONGEST = 64
FILES = ("SPRING_CONFIG_IMPORT", "SPRING_CONFIG_ADDITIONALLOCATION")  # may say what is not seen
OF_ALL = (
    *("CLUSTER_METADATA", "CLUSTER_NETWORK", "CLUSTER_INITIALCONTACTPOINTS", "CLUSTER_NODEID"),
    *("CLUSTER_SIZE", "CLUSTER_MEMBERSHIP", "CLUSTER_NAME", "CLUSTER_CLUSTERID", "CLUSTER_RAFT"),
    *("CLUSTER_GATEWAYID", "CLUSTER_COMPRESSIONALGORITHM", "CLUSTER_PARTITIONING", "CLUSTER_ZONE"),
    *("SYSTEM_CPUTHREADCOUNT", "SYSTEM_IOTHREADCOUNT", "SYSTEM_ACTOR", "SYSTEM_UPGRADE"),
    *("SYSTEM_RESTORE", "LICENSE_KEY"),
)
"""Settings that no tenant may have of its own."""
_PREFIX, _URL = (f"DATASECONDARYSTORAGERDBMS{each}" for each in ("PREFIX", "URL"))
_STORE, _BUCKET = (f"DATAPRIMARYSTORAGEBACKUP{each}" for each in ("STORE", "S3BUCKETNAME"))
_VARIABLE = r"(?i)CAMUNDA_PHYSICAL_?TENANTS_([A-Z0-9]+)_(.+)"


@rule("CAM260", "Physical tenant with which brokers do not start")
def tenants(d: Deployment) -> Iterator[Violation]:
    """A physical tenant of Camunda 8.10 inherits every setting that it does not have itself, and
    brokers do not start if that lets two tenants share what has to be apart. Each tenant needs
    tables of its own, by a prefix (`…_DATA_SECONDARYSTORAGE_RDBMS_PREFIX`) or another database; a
    bucket of its own for backups, because all of the deployment's is the default tenant's; and, as
    long as authorizations are on, its own `…_SECURITY_INITIALIZATION_…`. With OpenID Connect it
    names its providers, with `storage.documents.enabled` its document stores. Brokers' number,
    network, threads and license are the cluster's alone.

    A tenant's ID has small letters and digits, without a dash. Case does not separate prefixes.

    Source: Camunda docs, Physical Tenants, Configuration reference and Troubleshooting;
    camunda/camunda pull requests 54700, 55360, 59755 and 60865.
    """
    if d.version == "8.9":
        return  # CAM114
    settings = broker_settings(d)
    hidden = JSON in d.orchestration.secrets or any(
        settings.find(each) or next(settings.below(each), None) for each in FILES
    )
    prefixes: dict[str, str] = {(d.database.table_prefix or "").upper(): MAIN}
    for name, given in _tenants(settings).items():
        first = next(iter(given.values()))
        if not re.fullmatch("[a-z0-9]+", name) or len(name) > LONGEST:
            yield Violation(
                first.path,
                f"brokers do not start with a physical tenant {name[:80]}: an ID has small letters "
                f"and digits alone, at most {LONGEST}",
                f"name it {re.sub('[^a-z0-9]', '', name.lower())[:LONGEST] or 'tenanta'}",
            )
            continue
        for rest, each in given.items():
            if rest.startswith(tuple(map(bound, OF_ALL))):
                yield Violation(
                    each.path,
                    f"{each.said} is a setting of the whole cluster: brokers do not start if a "
                    "physical tenant has its own",
                    each.removal,
                )
        if name == MAIN:
            continue
        own = given.get(_PREFIX)
        prefix = (own.value or "").strip().upper() if own and _URL not in given else None
        if own and prefix is not None and (other := prefixes.setdefault(prefix, name)) != name:
            yield Violation(
                own.path,
                f"the physical tenants {name} and {other} share tables, whose prefix is "
                f"{prefix or 'empty'}: brokers do not start",
                "give each its own prefix, in capitals",
            )
        elif not hidden and (missing := list(_missing(d, settings, given))):
            yield Violation(
                first.path,
                f"brokers do not start: the physical tenant {name} has no "
                f"{', and no '.join(what for what, _ in missing)} of its own",
                "set " + ", ".join(f"{START}{variable(name)}_{setting}" for _, setting in missing),
            )


def _tenants(settings: Settings) -> dict[str, dict[str, Setting]]:
    """Return the settings of each physical tenant, by their names in the form `bound` gives."""
    found: dict[str, dict[str, Setting]] = {}
    for each in settings.all:
        if not each.key.startswith(bound(START)):
            continue
        if each.source is None:
            named = re.fullmatch(_VARIABLE, each.name)
            name, rest = (named[1].lower(), named[2]) if named else ("", "")
        else:
            name, _, rest = each.name.partition(".")[2].partition(".")[2].partition(".")
        if name and rest:
            found.setdefault(name, {}).setdefault(bound(rest), each)
    return found


def _missing(
    d: Deployment, settings: Settings, given: Mapping[str, Setting]
) -> Iterator[tuple[str, str]]:
    """Yield the storage that a tenant shares with others, and the setting that it lacks."""
    store = given.get(_STORE)
    if _PREFIX not in given and not any(each.startswith(_URL) for each in given):
        yield "tables", "DATA_SECONDARYSTORAGE_RDBMS_PREFIX"
    if _BUCKET not in given and (store is None or (store.value or "").upper() != "NONE"):
        yield "bucket for backups", "DATA_PRIMARYSTORAGE_BACKUP_S3_BUCKETNAME"
    if not any(each.startswith("SECURITYINITIALIZATION") for each in given):
        off = ("SECURITYAUTHORIZATIONSENABLED", "SECURITYAUTHORIZATIONENABLED")
        said = [given.get(each) or settings.named.get(f"CAMUNDA{each}") for each in off]
        if not any(each and switched(each.value or "") is False for each in said):
            yield "users or roles", "SECURITY_INITIALIZATION_DEFAULTROLES_ADMIN_USERS_0"
    provided = any(each.startswith("SECURITYAUTHENTICATIONPROVIDERSASSIGNED") for each in given)
    if d.authentication.mode == "oidc" and not provided:
        yield "identity provider", "SECURITY_AUTHENTICATION_PROVIDERS_ASSIGNED_0"
    stored = any(each.startswith("DOCUMENTASSIGNED") for each in given)
    if d.storage.documents.enabled and not stored:
        yield "document store", "DOCUMENT_ASSIGNED_0"
