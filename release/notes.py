"""The changelog's sections, and the notes of a release made of one."""

import re
from typing import NamedTuple

HEADING = re.compile(r"^## (?:(?P<version>\d+\.\d+\.\d+) - )?(?P<date>\d{4}-\d\d-\d\d|Unreleased)$")


class Section(NamedTuple):
    """What changed in one version; the newest changes may have no version yet."""

    version: str | None
    date: str | None  # None until it is released
    text: str


def sections(changelog: str) -> list[Section]:
    """Return all sections, newest first. Raises ValueError for a heading that is none."""
    found = []
    for part in re.split(r"^(?=## )", changelog, flags=re.M)[1:]:
        heading, _, text = part.partition("\n")
        match = HEADING.match(heading)
        if match is None:
            raise ValueError(f"not a version and a date, or Unreleased: {heading}")
        date = None if match["date"] == "Unreleased" else match["date"]
        if date and not match["version"]:
            raise ValueError(f"a date, but no version: {heading}")
        found.append(Section(match["version"], date, text.strip()))
    return found


def notes(changelog: str, version: str, own_version: str) -> str:
    """Return the notes of a version that is about to be released.

    Raises ValueError where the tag, the package and the changelog disagree.
    """
    if version != own_version:
        raise ValueError(f"the package says that it is {own_version}, not {version}")
    for section in sections(changelog):
        if section.version == version:
            if section.date is None:
                raise ValueError(f"the changelog's section of {version} has no date yet")
            if not section.text:
                raise ValueError(f"the changelog's section of {version} is empty")
            return section.text + "\n"
    raise ValueError(f"the changelog has no section of {version}")
