"""Deployments for tests: a spec in a few words, compiled the way users' specs are."""

import pickle
from functools import lru_cache
from typing import Any

import yaml

from camformation.deployment import Deployment, assemble
from camformation.layout import Layout, Templates, link
from camformation.resolve import resolve
from camformation.sources import read_sources
from camformation.specs import decode

Resource = dict[str, Any]


def deployment(**sections: Any) -> Deployment:
    """Return the deployment of a spec named `camunda` with these sections."""
    return _deployment(_text(sections))


def _text(sections: dict[str, Any]) -> bytes:
    text: str = yaml.dump({"name": "camunda", **sections}, Dumper=yaml.CSafeDumper)
    return text.encode()


def _deployment(text: bytes) -> Deployment:
    def read(file: str) -> bytes:
        assert file == "spec.yaml"
        return text

    return decode(Deployment, resolve(read_sources("spec.yaml", read, ())).data)


def templates(layout: Layout = Layout.FLAT, **sections: Any) -> Templates:
    """Return the templates of such a spec: the caller's own, though they are compiled once."""
    found: Templates = pickle.loads(_templates(_text(sections), layout))
    return found


@lru_cache(maxsize=100)
def _templates(text: bytes, layout: Layout) -> bytes:
    return pickle.dumps(link(assemble(_deployment(text)), layout).templates)


def resources(**sections: Any) -> dict[str, Resource]:
    """Return all resources of such a spec by logical id."""
    found: dict[str, Resource] = templates(**sections)["root"]["Resources"]
    return found
