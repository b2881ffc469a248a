"""The certificate authorities of Amazon RDS, with which a database's server certificate is
verified.

They are not in any image or operating system's store, and differ by region (Amazon Aurora User
Guide, Using SSL/TLS to encrypt a connection to a DB cluster). A root lasts for 40 years or more,
and RDS renews server certificates below it by itself, so containers get only the root.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from troposphere import FindInMap, Region

from camformation.components.database_spec import DatabaseSpec
from camformation.specs import Open
from camformation.units import Unit

VARIABLE = "DATABASE_CERTIFICATE_AUTHORITY"
MAPPING = "DatabaseAuthorities"
NAMES = "DatabaseAuthorityKeys"
_PEM = "-----BEGIN .+?-----END CERTIFICATE-----"
_ENTRY = rf"(?ms)^# (\S+) (rds-ca-\S+)\n({_PEM})$"
_RDS_HOST = r"\.([a-z0-9-]+)\.rds\.amazonaws\.com(?:\.cn)?$"


@cache
def authorities() -> dict[str, dict[str, str]]:
    """Return the roots in PEM, by region and by their name in RDS."""
    text = Path(__file__).with_name("rds_authorities.pem").read_text("ascii")
    found: dict[str, dict[str, str]] = {}
    for region, name, pem in re.findall(_ENTRY, text):
        found.setdefault(region, {})[name] = pem
    return found


def brought(spec: DatabaseSpec) -> bool:
    """Return whether the deployment itself brings the authority for the verification."""
    return spec.tls is not None and spec.tls.ca_bundle is None


def region_of(host: str) -> str | None:
    """Return the region in a host name of RDS; None for any other name."""
    match = re.search(_RDS_HOST, host.lower())
    return match[1] if match else None


def authority(unit: Unit, spec: DatabaseSpec, region: str | None) -> Any:
    """Return the root of the database's certificate, None if the deployment brings none.

    If its region or its name is known only at deployment, a mapping has all candidates.
    """
    if not brought(spec):
        return None
    if spec.existing and not isinstance(spec.existing.host, Open):
        region = region_of(spec.existing.host) or region
    known, name = authorities(), spec.ca_certificate
    if region and not isinstance(name, Open):
        return known[region][name]
    # CloudFormation allows letters and digits alone in a mapping's second key.
    names = known["us-east-1"] if isinstance(name, Open) else (str(name),)
    keys = {each: each.title().replace("-", "") for each in names}
    unit.mappings[MAPPING] = {
        each: {key: known[each][ca] for ca, key in keys.items()}
        for each in ([region] if region else known)
    }
    if not isinstance(name, Open):
        return FindInMap(MAPPING, region or Region, keys[name])
    unit.mappings[NAMES] = {ca: {"Key": key} for ca, key in keys.items()}
    return FindInMap(MAPPING, region or Region, FindInMap(NAMES, name, "Key"))
