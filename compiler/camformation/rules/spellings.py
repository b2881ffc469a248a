"""Names of known settings that Spring does not read, because of how they are spelt."""

import re

from camformation.rules.known_settings import GROUPS, SPRING, known
from camformation.rules.settings import Setting
from camformation.spelling import bound, variable


def in_half(setting: Setting, table: str) -> str | None:
    """Return the correct form of a name in which some dashes are underscores, and some are left
    out.
    """
    if setting.source or not re.fullmatch(r"[A-Za-z0-9_]+", setting.name):
        return None
    name = re.sub(r"_\d+$", "", setting.name.upper())
    of = known(table).get(bound(name))
    if of is None or of.holds == GROUPS:
        return None
    apart = re.sub(r"[.-]", "_", of.name).upper()
    return variable(of.name) if name not in (variable(of.name), apart) else None


def undivided(setting: Setting, table: str) -> str | None:
    """Return the property that a name in JSON or in an option means, if its parts are not
    separated by dots."""
    if setting.source is None or "_" not in setting.name:
        return None
    of = known(table, SPRING).get(bound(setting.name))
    if of is None or _parts(of.name) == _parts(setting.name):
        return None
    return of.name


def _parts(name: str) -> list[str]:
    return [bound(part) for part in name.split(".")]
