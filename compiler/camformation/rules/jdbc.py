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
adaptiveFetch adaptiveFetchMaximum adaptiveFetchMinimum allowEncodingChanges appId ApplicationName
assumeMinServerVersion authenticationPluginClassName autosave autoSortWrapperPluginOrder awsProfile
bgBaselineMs bgConnectTimeoutMs bgdId bgHighMs bgIncreasedMs bgSwitchoverTimeoutMs binaryTransfer
binaryTransferDisable binaryTransferEnable cancelSignalTimeout channelBinding cleanupSavepoints
clusterId clusterInstanceHostPattern clusterTopologyHighRefreshRateMs clusterTopologyRefreshRateMs
connectTimeout convertBooleanToNumeric currentSchema databaseMetadataCacheFields
databaseMetadataCacheFieldsMiB dataCacheTriggerCondition defaultHostAvailabilityStrategy
defaultRowFetchSize disableColumnSanitiser enableClusterAwareFailover enableConnectFailover
enableGreenNodeReplacement enableTelemetry enhancedLogQueryEnabled escapeSyntaxCallMode
failoverClusterTopologyRefreshRateMs failoverMode failoverReaderConnectTimeoutMs
failoverReaderHostSelectorStrategy failoverTimeoutMs failoverWriterReconnectIntervalMs
failureDetectionCount failureDetectionEnabled failureDetectionInterval failureDetectionTime
groupStartupParameters gssEncMode gsslib gssResponseTimeout gssUseDefaultCreds
hideUnprivilegedObjects hostAvailabilityStrategyInitialBackoffTime
hostAvailabilityStrategyMaxRetries hostRecheckSeconds httpClientConnectTimeout
httpClientSocketTimeout iamDefaultPort iamExpiration iamHost iamIdpArn iamRegion iamRoleArn
iamTokenExpiration idpEndpoint idpName idpPort idpUsername jaasApplicationName jaasLogin
kerberosServerName limitlessConnectMaxRetries limitlessGetTransactionRouterInfoMaxRetries
limitlessGetTransactionRouterInfoRetryIntervalMs limitlessTransactionRouterMonitorDisposalTimeMs
limitlessTransactionRouterMonitorIntervalMs limitlessWaitForTransactionRouterInfo loadBalanceHosts
localSocketAddress loggerFile loggerLevel loginTimeout logServerErrorDetail logUnclosedConnections
maxResultBuffer maxSendBufferSize monitorDisposalTime openConnectionRetryIntervalMs
openConnectionRetryTimeoutMs options preferQueryMode preparedStatementCacheQueries
preparedStatementCacheSizeMiB prepareThreshold protocolVersion quoteReturningIdentifiers
readerHostSelectorStrategy readerInitialConnectionHostSelectorStrategy readOnly readOnlyMode
receiveBufferSize replication resetSessionStateOnClose responseMeasurementIntervalMs
reWriteBatchedInserts rollbackOnSwitch roundRobinDefaultWeight roundRobinHostWeightPairs
rpIdentifier sendBufferSize service singleWriterConnectionString skipFailoverOnInterruptedThread
skipWrappingForPackages socketFactory socketFactoryArg socketTimeout ssl sslcert sslfactory
sslfactoryarg sslhostnameverifier sslInsecure sslkey sslmode sslNegotiation sslpassword
sslpasswordcallback sslResponseTimeout sslrootcert sspiServiceClass stringtype
targetDriverAutoRegister targetServerType tcpKeepAlive tcpNoDelay
telemetryFailoverAdditionalTopTrace telemetryMetricsBackend telemetrySubmitToplevel
telemetryTracesBackend transferSessionStateOnSwitch unknownLength useSpnego
verifyOpenedConnectionType weightedRandomHostWeightPairs wrapperAssumeFetchEntireResultSet
wrapperCaseSensitive wrapperDialect wrapperDriverName wrapperLoggerLevel
wrapperLogUnclosedConnections wrapperPlugins wrapperProfileName wrapperTargetDriverDialect
xmlFactoryFactory
"""
"""All of the PostgreSQL driver's and the wrapper's (PGProperty; AwsWrapperProperty)."""
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
        elif problem := jdbc_values.unread(name, value) or jdbc_values.refused(name, value):
            yield Violation(path, *problem)
        elif _no_token(d, name, value):
            yield Violation(
                path,
                "without the plugin iam, brokers have no token to log in with",
                f"set it to iam,{value}",
            )
        elif name in jdbc_values.IGNORED and not jdbc_values.one_of(name, value):
            words = ", ".join(jdbc_values.WORDS[name])
            yield Violation(
                path,
                f"{name} is one of {words}: the driver ignores {value}",
                "write one of them",
                Severity.WARNING,
            )
        elif doubt := jdbc_values.doubtful(database, name, value):
            yield Violation(path, *doubt, Severity.WARNING)


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
