"""The rule for parameters of the brokers' JDBC URL."""

import re
from collections.abc import Iterator

from camformation.components.jdbc import WRAPPER, driver
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule

PARAMETERS: Path = ("database", "jdbc_parameters")
AS_WRITTEN = r"[A-Za-z0-9_.,:/?*@=%-]+"  # in a URL's query
UNVERIFIED = ("disable", "allow", "prefer")
OURS = ("sslmode", "sslrootcert", "sslfactory", "sslfactoryarg")  # of database.tls


@rule("CAM207", "JDBC parameter that brokers cannot connect with")
def parameters(d: Deployment) -> Iterator[Violation]:
    """The parameters of the JDBC URL are readable in the task definition, and sent to the driver as
    they are, so they must be written as in a URL. The user and its password have fields of their
    own. `wrapperPlugins` replaces the generated plugins: with `authentication: iam` it must contain
    `iam`, or brokers have no token; without the AWS JDBC wrapper it means nothing. `database.tls`
    decides about `sslmode`, `sslrootcert`, `sslfactory` and `sslfactoryarg`. A connection must not
    be possible without TLS.

    Source: PostgreSQL JDBC driver docs, Initializing the driver; AWS Advanced JDBC Wrapper docs.
    """
    database = d.database
    for name, value in database.jdbc_parameters.items():
        path = (*PARAMETERS, name)
        wrapper = name.startswith(("wrapper", "iam", "failover"))
        if name == "user":
            yield Violation(path, "the user has a field of its own", "set database.user instead")
        elif "password" in name.lower():
            yield Violation(
                path,
                f"{name} would be in the URL, for everybody to read who may see the task",
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
        elif wrapper and _plain(d):
            yield Violation(
                path,
                f"{name} is of the AWS JDBC wrapper, and brokers use PostgreSQL's own driver",
                f"remove {name}, or set database.existing.engine to aurora-postgresql",
                Severity.WARNING,
            )
        elif _no_token(d, name, value):
            yield Violation(
                path,
                "without the plugin iam, brokers have no token to log in with",
                f"set it to iam,{value}",
            )


def _no_token(d: Deployment, name: str, value: str) -> bool:
    iam = d.database.authentication == "iam"
    return iam and name == "wrapperPlugins" and "iam" not in value.split(",")


def _plain(d: Deployment) -> bool:
    return driver(d.database) != WRAPPER
