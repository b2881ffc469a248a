"""The rule for parameters of the brokers' JDBC URL."""

import re
from collections.abc import Iterator

from camformation.closeness import distance
from camformation.components.jdbc import WRAPPER, driver
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules import jdbc_values
from camformation.rules.known_settings import BROKERS, known
from camformation.rules.registry import Violation, rule
from camformation.spelling import bound

PARAMETERS: Path = ("database", "jdbc_parameters")
AS_WRITTEN = r"[A-Za-z0-9_.,:/?*@=%-]+"  # in a URL's query
UNVERIFIED = ("disable", "allow", "prefer")
CERTIFICATES = {"sslrootcert", "sslfactory"}
KNOWN = """
ApplicationName adaptiveFetch adaptiveFetchMaximum adaptiveFetchMinimum allowEncodingChanges
assumeMinServerVersion autosave binaryTransfer binaryTransferDisable binaryTransferEnable
cancelSignalTimeout channelBinding cleanupSavepoints connectTimeout currentSchema
databaseMetadataCacheFields defaultRowFetchSize disableColumnSanitiser escapeSyntaxCallMode
gssEncMode hideUnprivilegedObjects hostRecheckSeconds loadBalanceHosts localSocketAddress
logServerErrorDetail logUnclosedConnections loginTimeout maxResultBuffer options preferQueryMode
prepareThreshold preparedStatementCacheQueries preparedStatementCacheSizeMiB
quoteReturningIdentifiers reWriteBatchedInserts readOnly readOnlyMode receiveBufferSize
replication sendBufferSize socketFactory socketFactoryArg socketTimeout ssl sslResponseTimeout
sslcert sslfactory sslfactoryarg sslhostnameverifier sslkey sslmode sslnegotiation sslpassword
sslpasswordcallback sslrootcert stringtype targetServerType tcpKeepAlive tcpNoDelay unknownLength
clusterId clusterInstanceHostPattern enableClusterAwareFailover enableGreenNodeReplacement
failoverClusterTopologyRefreshRateMs failoverMode failoverReaderConnectTimeoutMs failoverTimeoutMs
failoverWriterReconnectIntervalMs failureDetectionCount failureDetectionEnabled
failureDetectionInterval failureDetectionTime iamDefaultPort iamExpiration iamHost iamRegion
monitorDisposalTime wrapperDialect wrapperLoggerLevel wrapperPlugins wrapperProfileName
autoSortWrapperPluginOrder
"""
MYSQL = {
    "useSSL": "remove it; database.force_ssl and database.tls are about TLS",
    "requireSSL": "remove it; database.force_ssl and database.tls are about TLS",
    "verifyServerCertificate": "remove it; database.tls verifies the certificate",
    "rewriteBatchedStatements": "write reWriteBatchedInserts",
    "serverTimezone": "remove it",
    "allowPublicKeyRetrieval": "remove it",
    "useUnicode": "remove it",
    "characterEncoding": "remove it",
    "autoReconnect": "remove it: the pool connects again by itself",
    "cachePrepStmts": "remove it: PostgreSQL's driver caches statements anyway",
    "zeroDateTimeBehavior": "remove it",
    "enabledTLSProtocols": "remove it",
    "createDatabaseIfNotExist": "remove it",
}
SQL_SERVER = ("encrypt", "trustServerCertificate", "hostNameInCertificate", "integratedSecurity")
POOL = {
    *("maximumPoolSize", "minimumIdle", "idleTimeout", "maxLifetime", "leakDetectionThreshold"),
    *("poolName", "keepaliveTime", "validationTimeout", "connectionTestQuery", "autoCommit"),
}
"""Settings of the pool (HikariCP, Configuration)."""
SECONDS = 2_147_483  # the driver counts milliseconds in an int (pgjdbc/pgjdbc issue 2671)
NUMBERS = {
    *("connectTimeout", "socketTimeout", "loginTimeout", "cancelSignalTimeout", "prepareThreshold"),
    *("defaultRowFetchSize", "databaseMetadataCacheFields", "hostRecheckSeconds", "unknownLength"),
    *("preparedStatementCacheQueries", "preparedStatementCacheSizeMiB", "sendBufferSize"),
    *("receiveBufferSize", "sslResponseTimeout", "adaptiveFetchMaximum", "adaptiveFetchMinimum"),
    *(
        "failoverTimeoutMs",
        "failoverClusterTopologyRefreshRateMs",
        "failoverReaderConnectTimeoutMs",
    ),
    *("failoverWriterReconnectIntervalMs", "failureDetectionCount", "failureDetectionInterval"),
    *("failureDetectionTime", "monitorDisposalTime", "iamDefaultPort", "iamExpiration"),
}
IN_SECONDS = {"connectTimeout", "socketTimeout", "loginTimeout", "cancelSignalTimeout"}
WORDS = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "targetServerType": (
        *("any", "primary", "master", "secondary", "slave", "preferSlave", "preferSecondary"),
        "preferPrimary",
    ),
    "autosave": ("always", "never", "conservative"),
    "preferQueryMode": ("simple", "extended", "extendedForPrepared", "extendedCacheEverything"),
    "gssEncMode": ("disable", "allow", "prefer", "require"),
    "channelBinding": ("disable", "prefer", "require"),
    "sslnegotiation": ("postgres", "direct"),
    "readOnlyMode": ("ignore", "transaction", "always"),
    "escapeSyntaxCallMode": ("select", "callIfNoReturn", "call"),
}
READERS = ("secondary", "slave", "preferSlave", "preferSecondary")
OURS = ("sslmode", "sslrootcert", "sslfactory", "sslfactoryarg")  # of database.tls


@rule("CAM207", "JDBC parameter that brokers cannot connect with")
def parameters(d: Deployment) -> Iterator[Violation]:
    """The parameters of the JDBC URL are readable in the task definition, and sent to the driver
    unchanged, so they must be written as in a URL. The user and its password have their own fields.
    A certificate is verified with `database.tls`, which provides its authorities: `sslmode` with
    `verify-full` alone looks for a file that Camunda's image does not have. `wrapperPlugins`
    replaces the generated plugins: with `authentication: iam` it must contain `iam`, or brokers
    have no token; without the AWS JDBC wrapper it has no effect. `database.tls` sets `sslmode`,
    `sslrootcert`, `sslfactory` and `sslfactoryarg`. A connection must not be possible without TLS.

    A driver does not connect with a value that it cannot read, such as a duration with a unit:
    timeouts are whole numbers of seconds, those of the wrapper of milliseconds. Nor does the
    wrapper connect with a plugin, a dialect or a level of its log that it does not have. Numbers
    hardly meant in their unit are a warning, and so are `wrapperPlugins` without `failover` where
    the writer may change.

    Drivers ignore parameters that they do not know. The rule reports names that are close to one of
    the driver's or the wrapper's, those of the drivers of MySQL and SQL Server, and settings of the
    pool.

    Source: PostgreSQL JDBC driver docs, Initializing the driver; AWS Advanced JDBC Wrapper docs;
    OpenLiberty/open-liberty issue 13867; pgjdbc/pgjdbc issue 2671; aws/aws-advanced-jdbc-wrapper
    issue 1554; keycloak/keycloak issue 52636.
    """
    database = d.database
    given = set(database.jdbc_parameters)
    for name, value in database.jdbc_parameters.items():
        path = (*PARAMETERS, name)
        wrapper = name.startswith(("wrapper", "iam", "failover"))
        if name == "user":
            yield Violation(path, "the user has its own field", "set database.user instead")
        elif "password" in name.lower():
            yield Violation(
                path,
                f"{name} would be in the URL, where everybody who may see the task can read it",
                "set database.password_secret_arn instead",
            )
        elif not re.fullmatch(AS_WRITTEN, value):
            yield Violation(
                path,
                f"the value of {name} has characters that a URL cannot contain",
                "write them percent-encoded, such as %20 for a space",
            )
        elif name in OURS and database.tls:
            yield Violation(path, f"`database.tls` already sets {name}", f"remove {name}")
        elif (name == "sslmode" and value in UNVERIFIED) or (name, value) == ("ssl", "false"):
            yield Violation(
                path,
                f"{name}={value} allows connections without TLS",
                f"remove {name}; database.tls verifies the certificate",
            )
        elif name == "sslmode" and value.startswith("verify-") and not given & CERTIFICATES:
            yield Violation(
                path,
                f"with sslmode={value} brokers look for authorities in ~/.postgresql/root.crt, "
                "which their image does not have",
                f"set database.tls to {{mode: {value}}}, and remove {name}",
            )
        elif name in MYSQL:
            yield Violation(
                path,
                f"{name} is a parameter of MySQL's driver, and PostgreSQL's ignores it",
                MYSQL[name],
                Severity.WARNING,
            )
        elif name in SQL_SERVER:
            yield Violation(
                path,
                f"{name} is a parameter of SQL Server's driver, and PostgreSQL's ignores it",
                f"remove {name}; database.tls is about TLS",
                Severity.WARNING,
            )
        elif name in POOL:
            variable = f"CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_CONNECTIONPOOL_{name.upper()}"
            of_pool = bound(variable) in known(BROKERS)
            yield Violation(
                path,
                f"{name} is a setting of the pool of connections, and drivers ignore it",
                f"set {variable} in orchestration.environment" if of_pool else f"remove {name}",
                Severity.WARNING,
            )
        elif near := _meant(name):
            yield Violation(
                path,
                f"no driver knows {name}, and it is ignored",
                f"did you mean {near}?",
                Severity.WARNING,
            )
        elif wrapper and _plain(d):
            yield Violation(
                path,
                f"{name} belongs to the AWS JDBC wrapper, but brokers use PostgreSQL's own driver",
                f"remove {name}, or set database.existing.engine to aurora-postgresql",
                Severity.WARNING,
            )
        elif problem := _unread(name, value) or jdbc_values.refused(name, value):
            yield Violation(path, *problem)
        elif _no_token(d, name, value):
            yield Violation(
                path,
                "without the plugin iam, brokers have no token to log in with",
                f"set it to iam,{value}",
            )
        elif doubt := jdbc_values.doubtful(database, name, value):
            yield Violation(path, *doubt, Severity.WARNING)


def _unread(name: str, value: str) -> tuple[str, str] | None:
    """Return why a driver does not connect with a value, and what to write."""
    if name in NUMBERS and not re.fullmatch(r"-?\d{1,10}", value):
        unit = "seconds" if name in IN_SECONDS else "milliseconds" if "Ms" in name else "a number"
        digits = re.match(r"\d+", value)
        return (
            f"{name} is a whole number: with {value} the driver does not connect",
            f"write {digits[0]}, in {unit}" if digits else f"write {unit}",
        )
    if name in IN_SECONDS and int(value) > SECONDS:
        return (
            f"{name} is in seconds: the driver fails above {SECONDS}",
            "write seconds, such as 30",
        )
    if name in WORDS and value.lower() not in map(str.lower, WORDS[name]):
        options = ", ".join(WORDS[name])
        return f"{name} is one of {options}: with {value} the driver does not connect", options
    if name == "targetServerType" and value in READERS:
        return f"{name}={value} connects to readers, but brokers write", "write primary"
    return None


def _no_token(d: Deployment, name: str, value: str) -> bool:
    iam = d.database.authentication == "iam"
    return iam and name == "wrapperPlugins" and "iam" not in value.split(",")


def _plain(d: Deployment) -> bool:
    return driver(d.database) != WRAPPER


def _meant(name: str) -> str | None:
    """Return the parameter that was meant by a name that no driver knows."""
    known = KNOWN.split()
    if name in known:
        return None
    near = [
        (distance(name, each), each)
        for each in known
        if len(each) > 6
        and abs(len(each) - len(name)) <= 2
        and each[:1].lower() == name[:1].lower()
    ]
    slips, closest = min(near, default=(9, ""))
    return closest if slips <= 2 else None
