"""Values of JDBC parameters: what drivers refuse, and what is hardly meant.

Sources: AWS Advanced JDBC Wrapper docs, List of available plugins, Database dialects, Logging,
Failover and IAM authentication plugins; aws/aws-advanced-jdbc-wrapper,
ConnectionPluginChainBuilder; PostgreSQL JDBC driver docs, Connection parameters.
"""

import re

from camformation.closeness import distance
from camformation.components.database_spec import DatabaseSpec
from camformation.components.jdbc import fails_over

PLUGINS = (
    *("executionTime", "logQuery", "dataCache", "customEndpoint", "efm", "efm2", "efm3", "bg"),
    *("failover", "failover2", "gdbFailover", "iam", "awsSecretsManager", "federatedAuth", "okta"),
    *("auroraStaleDns", "readWriteSplitting", "srw", "gdbReadWriteSplitting", "limitless", "dev"),
    *("auroraConnectionTracker", "driverMetaData", "connectTime", "fastestResponseStrategy"),
    *("initialConnection", "remoteQueryCache", "kmsEncryption", "connectionLifetime"),
)
DIALECTS = ("aurora-pg", "global-aurora-pg", "pg", "rds-multi-az-pg-cluster", "rds-pg", "custom")
LEVELS = ("OFF", "SEVERE", "WARNING", "INFO", "CONFIG", "FINE", "FINER", "FINEST", "ALL")
OTHER_LEVELS = {"TRACE": "FINEST", "DEBUG": "FINE", "WARN": "WARNING", "ERROR": "SEVERE"}
VALID = 900  # seconds, of a token (Amazon Aurora User Guide, IAM database authentication)
SECONDS = 2_147_483  # the driver counts milliseconds in an int (pgjdbc/pgjdbc issue 2671)
NUMBERS = {
    *("connectTimeout", "socketTimeout", "cancelSignalTimeout", "prepareThreshold"),
    *("defaultRowFetchSize", "databaseMetadataCacheFields", "databaseMetadataCacheFieldsMiB"),
    *("unknownLength", "maxSendBufferSize"),
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
    "sslNegotiation": ("postgres", "direct"),
    "stringtype": ("unspecified", "varchar"),
    "readOnlyMode": ("ignore", "transaction", "always"),
    "escapeSyntaxCallMode": ("select", "callIfNoReturn", "call"),
}
AS_THEY_ARE = ("channelBinding", "targetServerType")
"""Parameters whose words the driver compares with their case."""
IGNORED = ("preferQueryMode", "readOnlyMode", "escapeSyntaxCallMode")
"""Words of which the driver takes its default for one that it does not know."""
NOT_NEGATIVE = ("connectTimeout", "sslResponseTimeout", "defaultRowFetchSize")
_BUFFER = r"-1|\d+(?:[KMGTPkmgt]|p|pct|percent|%25)?"  # of maxResultBuffer: a size, or a share
READERS = ("secondary", "slave", "preferSlave", "preferSecondary")
LARGE = 5000  # seconds: from here on whole thousands are milliseconds
LEAST = {
    "failoverTimeoutMs": 1000,
    "failoverReaderConnectTimeoutMs": 100,
    "failoverWriterReconnectIntervalMs": 100,
    "failureDetectionTime": 100,
    "failureDetectionInterval": 100,
    "monitorDisposalTime": 100,
}
"""Milliseconds, below which seconds are meant."""


def unread(name: str, value: str) -> tuple[str, str] | None:
    """Return why a driver does not connect with a value, and what to write."""
    if name in NUMBERS and not re.fullmatch(r"-?\d{1,10}", value):
        unit = "seconds" if name in IN_SECONDS else "milliseconds" if "Ms" in name else "a number"
        digits = re.match(r"\d+", value)
        return (
            f"{name} is a whole number: with {value} the driver does not connect",
            f"write {digits[0]}, in {unit}" if digits else f"write {unit}",
        )
    if name in IN_SECONDS and value.isdecimal() and int(value[:11]) > SECONDS:
        return (
            f"{name} is in seconds: the driver fails above {SECONDS}",
            "write seconds, such as 30",
        )
    if name in NOT_NEGATIVE and value.startswith("-"):
        return (
            f"{name} is not negative: with {value} the driver does not connect",
            "write 0 or more",
        )
    if name == "maxResultBuffer" and not re.fullmatch(_BUFFER, value):
        return (
            f"{name} is a size or a share: with {value} the driver does not connect",
            "write a number with K, M, G or T, such as 10M, or with p for percent",
        )
    if name in WORDS and name not in IGNORED and not one_of(name, value):
        options = ", ".join(WORDS[name])
        return f"{name} is one of {options}: with {value} the driver does not connect", options
    if name == "targetServerType" and value in READERS:
        return f"{name}={value} connects to readers, but brokers write", "write primary"
    return None


def one_of(name: str, value: str) -> bool:
    """Return whether a value is one of the words of a parameter."""
    if name in AS_THEY_ARE:
        return value in WORDS[name]
    return value.lower() in map(str.lower, WORDS[name])


def refused(name: str, value: str) -> tuple[str, str] | None:
    """Return why the wrapper does not connect with a value, or not for long, and what to write."""
    if name == "wrapperPlugins":
        for each in _plugins(value):
            if near := _meant(each):
                return (
                    f"the AWS JDBC wrapper does not connect with a plugin {each}",
                    f"write {near}",
                )
    if name == "wrapperDialect" and value not in DIALECTS:
        known = ", ".join(DIALECTS)
        meant = "aurora-pg" if "aurora" in value.lower() else "pg"
        return (
            f"{name} is one of {known}: with {value} the wrapper does not connect",
            f"write {meant}, or remove it: the wrapper finds it by itself",
        )
    if name == "wrapperLoggerLevel" and value.upper() not in LEVELS and not value.isdecimal():
        return (
            f"{name} is one of {', '.join(LEVELS)}: with {value} the wrapper does not connect",
            f"write {OTHER_LEVELS.get(value.upper(), 'FINE')}",
        )
    if name == "failoverMode" and value.lower() in ("strict-reader", "reader-or-writer"):
        return f"with {name}={value} a failover ends at a reader, but brokers write", (
            "write strict-writer"
        )
    if name == "iamExpiration" and value.isdecimal() and int(value) > VALID:
        return (
            f"tokens are valid for {VALID} seconds: the wrapper would use them for {value}",
            f"write {VALID} or less, or remove it",
        )
    return None


def doubtful(database: DatabaseSpec, name: str, value: str) -> tuple[str, str] | None:
    """Return why a value is hardly meant, and what to write."""
    if name == "wrapperPlugins":
        plugins = _plugins(value)
        if strange := [each for each in plugins if each not in PLUGINS]:
            return (
                f"the AWS JDBC wrapper has no plugin {strange[0]}, unless it is new",
                "it has " + ", ".join(("iam", "failover2", "efm2", "initialConnection")) + " …",
            )
        if fails_over(database) and not any("failover" in each.lower() for each in plugins):
            return (
                f"{name} replaces the generated plugins, of which it has no failover: brokers stay "
                "with an instance that is no longer the writer",
                f"write {value},failover",
            )
    if not value.isdecimal():
        return None
    number = int(value[:18])
    if name in IN_SECONDS and number >= LARGE and number % 1000 == 0:
        return (
            f"{name} is in seconds: this is {number / 3600:.1f} hours",
            f"write {number // 1000} if you mean milliseconds",
        )
    if 0 < number < LEAST.get(name, 0):
        return (
            f"{name} is in milliseconds: {value} are hardly enough for anything",
            f"write {number * 1000} if you mean seconds",
        )
    return None


def _plugins(value: str) -> list[str]:
    return [each.strip() for each in value.split(",") if each.strip()]


def _meant(plugin: str) -> str | None:
    """Return the plugin that was meant by a name that there is not."""
    if plugin in PLUGINS:
        return None
    same = next((each for each in PLUGINS if each.lower() == plugin.lower()), None)
    near = [each for each in PLUGINS if len(each) > 5 and distance(each, plugin) == 1]
    digit = plugin[-1:].isdigit()  # of a generation that may come
    return same or (near[0] if near and not digit else None)
