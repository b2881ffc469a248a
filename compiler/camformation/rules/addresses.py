"""Addresses in the values of a spec: which host, at which port, something would connect to."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from camformation.frozen import frozen
from camformation.rules.jvm import OPTIONS
from camformation.rules.settings import JSON, Setting
from camformation.spelling import bound

DEFAULT_PORTS = {  # of schemes, from IANA's registry and the drivers' documentation
    **{"http": 80, "https": 443, "ws": 80, "wss": 443},
    **{"smtp": 25, "smtps": 465, "imap": 143, "imaps": 993, "ftp": 21, "sftp": 22, "ssh": 22},
    **{"ldap": 389, "ldaps": 636, "amqp": 5672, "amqps": 5671, "mqtt": 1883, "mqtts": 8883},
    **{"redis": 6379, "rediss": 6379, "mongodb": 27017, "mongodb+srv": 27017, "nats": 4222},
    **{"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "sqlserver": 1433, "bolt": 7687},
    **{"socks": 1080, "socks4": 1080, "socks5": 1080, "kafka": 9092, "neo4j": 7687},
}
_HOST = r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?"
_URL = r"\b([A-Za-z][A-Za-z0-9+.-]{0,30}|(?i:SASL_SSL|SASL_PLAINTEXT))://([^\s/?#;\"'|<>]*)"
_ORACLE = rf"(?i)jdbc:oracle:thin:[^@\s]*@(?:tcps?:)?(?://)?({_HOST})(?::(\d{{1,5}}))?"
_PAIR = rf"(?:({_HOST}):(\d{{1,5}}))"
_PAIRS = rf"{_PAIR}(?:\s*,\s*{_PAIR})*"
_PUBLIC_NAME = r"(?:[A-Za-z0-9_-]+\.)+[A-Za-z][A-Za-z0-9-]+|\d{1,3}(?:\.\d{1,3}){3}"
_CONNECTS = r"HOST|SERVER|BROKER|BOOTSTRAP|ADDRESS|ENDPOINT|UR[IL]|PROXY|NODES|CLUSTER|CONTACT"
_LISTENS = r"ADVERTISED|^SERVER|MANAGEMENTSERVER|NETWORK|LISTEN|BIND"
_BROWSERS = (  # settings of addresses that browsers open, or that name who may call
    *("CORS", "ORIGIN", "REDIRECT", "CALLBACK", "AUTHORIZATIONURI", "ENDSESSION", "LOGOUT"),
    *("SECURITYPOLICY", "NOPROXY", "NONPROXY"),
)
_HOLDERS = {bound(name) for name in (JSON, *OPTIONS)}  # of settings that are listed themselves
_PORT = r"(?P<stem>\w*?)PORT(?:\d*)"
_HOSTS = ("HOST", "HOSTNAME", "SERVER", "ADDRESS", "DOMAIN")
_INSIDE = ("localhost", "host.docker.internal")
_CLUSTER = "orchestration-cluster"  # how the name of a service in Service Connect begins


@frozen
class Address:
    """A host and a port that something would connect to, and the setting it is from."""

    host: str
    port: int
    setting: Setting


def addresses(settings: tuple[Setting, ...]) -> Iterator[Address]:
    """Yield the addresses outside the deployment in values of settings, each once. A value counts
    if it is a URL, a list of `host:port`, or a port next to a host.
    """
    known = [each for each in settings if each.value is not None and each.key not in _HOLDERS]
    values = {each.key: each.value.strip() for each in known if each.value is not None}
    for each in known:
        if any(word in each.key for word in _BROWSERS):
            continue
        found = dict.fromkeys([*_in(each), *_beside(each, values)])
        for host, port in found:
            if 0 < port < 65536 and not inside(host):
                yield Address(host, port, each)


def inside(host: str) -> bool:
    """Return whether a host is the task itself, its metadata or another part of the deployment;
    or a placeholder, of which nothing is known."""
    bare = host.strip("[]").lower()
    if not bare or bare in _INSIDE or any(sign in bare for sign in "${}%<>*"):
        return True
    if bare.startswith(_CLUSTER) and re.match(rf"{_CLUSTER}(?:-[a-z]+)?(?:\.|$)", bare):
        return True
    try:
        address = ip_address(bare)
    except ValueError:
        return False
    return address.is_loopback or address.is_link_local or address.is_unspecified


def url_addresses(text: str) -> Iterator[tuple[str, int]]:
    """Yield hosts and ports of the URLs in a text, whose ports may be their schemes' own."""
    for scheme, authority in re.findall(_URL, text) if "://" in text else ():
        for part in authority.rpartition("@")[2].split(","):
            found = re.fullmatch(rf"({_HOST})(?::(\d{{1,5}}))?", part.rstrip(".:"))
            port = found and (found[2] or DEFAULT_PORTS.get(scheme.lower()))
            if found and port:
                yield found[1], int(port)
    if "jdbc:oracle:" in text.lower():
        for host, port in re.findall(_ORACLE, text):
            yield host, int(port or 1521)


def _in(setting: Setting) -> Iterator[tuple[str, int]]:
    text = (setting.value or "").strip()
    yield from url_addresses(text)
    if ":" in text and re.fullmatch(_PAIRS, text) and not re.search(_LISTENS, setting.key):
        for host, port in re.findall(_PAIR, text):
            if re.fullmatch(_PUBLIC_NAME, host) or (
                re.search(_CONNECTS, setting.key) and re.search(r"[A-Za-z]", host)
            ):
                yield host, int(port)


def _beside(setting: Setting, values: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Yield the host that a port is for: `SPRING_MAIL_HOST` of `SPRING_MAIL_PORT`."""
    found = "PORT" in setting.key and re.fullmatch(_PORT, setting.key)
    port = re.fullmatch(r"\s*(\d{1,5})\s*", setting.value or "")
    if not found or not port or re.search(_LISTENS, setting.key):
        return
    for kind in _HOSTS:
        host = values.get(f"{found['stem']}{kind}", "")
        if re.fullmatch(_HOST, host):
            yield host, int(port[1])
            return
