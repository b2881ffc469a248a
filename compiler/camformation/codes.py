"""Titles and texts of the codes outside CAM1xx; rules document themselves (see `rules/`)."""

from collections.abc import Mapping
from types import MappingProxyType

from camformation.assets import asset
from camformation.source import parse


def _codes() -> Mapping[str, tuple[str, str]]:
    read = parse(asset("schemas", "codes.yaml").read_bytes(), "codes.yaml").data
    return MappingProxyType({code: (each["title"], each["text"]) for code, each in read.items()})


CODES = _codes()
"""Code -> title and text, read only when an explanation is requested."""
