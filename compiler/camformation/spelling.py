"""Names: Spring's alternative spellings of a property, and names that look like secrets."""

import re
from functools import lru_cache

_SECRET = (
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET(?!S_STORES|S_CACHE|S?_?MANAGER|S?_?PROVIDER|_?RESOLVER|_?FILTER)"
    r"|TOKEN(?!S$|S_|_?UR[IL])|CREDENTIAL|PRIVATE_?KEY|LICENSE_?KEY|ACCESS_?KEY|API_?KEY"
)
_OF_SOMETHING_ELSE = (
    r"_?(?:FILE|FILEPATH|PATH|DIR|ARNS?|NAME|ID|URL|URI|TYPE|TTL|ENABLED|ENDPOINT|AUDIENCE|ISSUER"
    r"|SCOPES?|LIFETIME|EXPIRY|EXPIRATION|VALIDITY|LENGTH|HEADER|ALGORITHM|TIMEOUT|INTERVAL|HOST"
    r"|PORT|REGION|DOMAIN|USER)$"
)
_NOTHING = dict.fromkeys(map(ord, "_-.[]"))


@lru_cache(4096)  # every rule asks again
def bound(name: str) -> str:
    """Return the canonical form of a name, as Spring binds it to a property.

    Case does not matter, dashes of a property may be missing; in variables dots and brackets are
    underscores, and so may dashes be (Spring Boot docs, Relaxed binding).
    """
    return name.translate(_NOTHING).upper()


def variable(name: str) -> str:
    """Return the variable that sets a property: `a.b-c[0].d` is set by `A_BC_0_D`."""
    return re.sub(r"[.\[]+", "_", re.sub(r"[-\]]", "", name)).upper()


def names_secret(name: str) -> bool:
    """Return whether a name is that of a secret, and not that of its file or ARN."""
    name = name.upper()
    return bool(re.search(_SECRET, name)) and not re.search(_OF_SOMETHING_ELSE, name)


def rest(name: str, start: str) -> str:
    """Return the rest of a variable's name after `start`, in any spelling of `start`."""
    left = len(bound(start))
    for position, character in enumerate(name):
        if left == 0:
            return name[position:].lstrip("_")
        left -= character.isalnum()
    return ""


def parameter_name(words: str) -> str:
    """Return a parameter's name made from a field's path, or from words with other separators."""
    parts = re.split("[^A-Za-z0-9]+", words)[-2:]
    return "".join(each[:1].upper() + each[1:] for each in parts)[:255]
