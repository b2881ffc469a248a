"""Deployments for tests: a spec in a few words, compiled the way users' specs are."""

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
    text = yaml.safe_dump({"name": "camunda", **sections}).encode()

    def read(file: str) -> bytes:
        assert file == "spec.yaml"
        return text

    return decode(Deployment, resolve(read_sources("spec.yaml", read, ())).data)


def templates(layout: Layout = Layout.FLAT, **sections: Any) -> Templates:
    """Return the templates of such a spec."""
    return link(assemble(deployment(**sections)), layout).templates


def resources(**sections: Any) -> dict[str, Resource]:
    """Return all resources of such a spec by logical id."""
    found: dict[str, Resource] = templates(**sections)["root"]["Resources"]
    return found
