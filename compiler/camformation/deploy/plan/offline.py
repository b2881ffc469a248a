"""A plan without AWS, made from two compiled outputs, as on a pull request.

The running system may differ: an offline plan shows the effect of the spec's change.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camformation.cost.prices import BUNDLED, PriceTable
from camformation.deploy.plan.model import Plan, Target
from camformation.deploy.plan.origins import Origins
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.running import NOT_ASKED
from camformation.deploy.plan.situation import template_metadata
from camformation.deploy.plan.symbols import Resolver, Templates
from camformation.diagnostics import Locate, nowhere
from camformation.reading import read_json, read_template

SUFFIX = ".template.json"


@dataclass(frozen=True)
class Compiled:
    """The output of compiling a spec: templates by name, and the manifest."""

    templates: Templates
    manifest: Mapping[str, Any]


def read_compiled(folder: Path) -> Compiled:
    """Read a compiled output folder.

    Raises FileNotFoundError if it has no root template, ValueError if a file has other content.
    """
    templates = {
        path.name.removesuffix(SUFFIX): read_template(path)
        for path in sorted(folder.glob(f"*{SUFFIX}"))
    }
    if "root" not in templates:
        raise FileNotFoundError(f"it has no root{SUFFIX}")
    manifest = folder / "manifest.json"
    found = read_json(manifest) if manifest.exists() else {}
    if not isinstance(found, dict):
        raise ValueError(f"{manifest.name} is not a manifest")
    return Compiled(templates, found)


def plan_offline(
    base: Compiled | None,
    new: Compiled,
    *,
    base_name: str = "base",
    locate: Locate = nowhere,
    origins: Origins | None = None,
    allow: Collection[str] = (),
    parameters: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
    prices: PriceTable = BUNDLED,
) -> Plan:
    """Return the plan from one compiled output, named `base_name`, to another.

    Without a base it is the plan of a first deployment.
    """
    metadata = template_metadata(Resolver(new.templates))
    region = new.manifest.get("region")
    target = Target(
        deployment=str(metadata.get("Deployment", new.manifest.get("name", ""))),
        layout=str(metadata.get("Layout", "")),
        region=region if isinstance(region, str) else None,
        base=base_name if base else "nothing",
    )
    return make_plan(
        base.templates if base else None,
        new.templates,
        target=target,
        locate=locate,
        origins=origins,
        allow=allow,
        parameters=parameters,
        running=NOT_ASKED,
        prices=prices,
    )
