"""The brokers' JDBC URL: driver, address and parameters.

Parameters: PostgreSQL JDBC driver docs, Initializing the driver; AWS Advanced JDBC Wrapper docs.
"""

from typing import Any

from troposphere import Sub

from camformation.components.database_spec import DatabaseSpec
from camformation.components.ports import POSTGRESQL
from camformation.components.rds_authorities import VARIABLE
from camformation.specs import Open
from camformation.units import Value

WRAPPER = "aws-wrapper:postgresql"
DRIVERS = {WRAPPER: "software.amazon.jdbc.Driver", "postgresql": "org.postgresql.Driver"}


def driver(spec: DatabaseSpec) -> str:
    """Return the URL's scheme: only the wrapper supports tokens and Aurora's failover."""
    plain = spec.existing and spec.existing.engine == "postgres" and spec.authentication != "iam"
    return "postgresql" if plain else WRAPPER


def jdbc_url(spec: DatabaseSpec, host: Value, port: Value) -> Sub:
    """Return the URL, with the spec's own parameters after those of the deployment."""
    values: dict[str, Any] = {"Host": host, "Database": spec.name}
    at = str(POSTGRESQL)
    if spec.existing:
        values["Port"], at = port, "${Port}"
    parameters = []
    for number, (name, value) in enumerate(_parameters(spec).items()):
        if isinstance(value, Open):
            values[f"Parameter{number}"] = value
            value = f"${{Parameter{number}}}"
        parameters.append(f"{name}={value}")
    return Sub(
        f"jdbc:{driver(spec)}://${{Host}}:{at}/${{Database}}?{'&'.join(parameters)}", **values
    )


def _parameters(spec: DatabaseSpec) -> dict[str, str]:
    """Return the URL's parameters: with a password, the wrapper's own plugins handle failover."""
    found: dict[str, str] = {}
    if spec.authentication == "iam":
        found["wrapperPlugins"] = "iam,failover" if fails_over(spec) else "iam"
    if spec.tls:
        found |= {"sslmode": spec.tls.mode, **_trusted(spec.tls.ca_bundle)}
    elif spec.authentication == "password":
        found["sslmode"] = "require"
    return found | dict(sorted(spec.jdbc_parameters.items()))


def _trusted(ca_bundle: str | None) -> dict[str, str]:
    """Return the parameters for the authorities: a file, or the brokers' variable, which only this
    factory reads (PostgreSQL JDBC driver docs, Configuring the Client)."""
    if ca_bundle:
        return {"sslrootcert": ca_bundle}
    factory = "org.postgresql.ssl.SingleCertValidatingFactory"
    return {"sslfactory": factory, "sslfactoryarg": f"env:{VARIABLE}"}


def fails_over(spec: DatabaseSpec) -> bool:
    """Return whether another instance may become the writer."""
    if spec.existing:
        return spec.existing.engine == "aurora-postgresql"
    return spec.instances > 1
