"""The steps that make a plan: comparison, change set, phantoms, gate."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from camformation.cost.estimate import cost_change
from camformation.cost.prices import BUNDLED, PriceTable
from camformation.deploy.plan.changes import CHANGED_AFTER_APPLY, resource_change
from camformation.deploy.plan.cluster_sizes import recorded
from camformation.deploy.plan.containers import broker_services
from camformation.deploy.plan.gate import gate
from camformation.deploy.plan.merge import ChangeSetDescription, merged
from camformation.deploy.plan.model import (
    Block,
    ComponentPlan,
    OutputChange,
    Phantom,
    Plan,
    Replacement,
    ResourceChange,
    Severity,
    Target,
)
from camformation.deploy.plan.origins import Origins, Written
from camformation.deploy.plan.phantom import Comparison, Judged, judged_stacks
from camformation.deploy.plan.provider_schemas import ALWAYS, schema_of
from camformation.deploy.plan.replacement import Schemas, moves, predict
from camformation.deploy.plan.running import Running
from camformation.deploy.plan.secrecy import masked
from camformation.deploy.plan.situation import Situation, template_metadata
from camformation.deploy.plan.source_gate import source_gate
from camformation.deploy.plan.symbols import Address, Resolver, Templates, shown, symbols
from camformation.deploy.plan.template_diff import (
    Kind,
    diff,
    output_differences,
    resolved_resources,
)
from camformation.diagnostics import Locate, nowhere


def make_plan(
    deployed: Templates | None,
    new: Templates,
    *,
    target: Target | None = None,
    change_set: ChangeSetDescription | None = None,
    locate: Locate = nowhere,
    origins: Origins | None = None,
    allow: Collection[str] = (),
    schemas: Schemas = schema_of,
    parameters: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
    running: Running | None = None,
    prices: PriceTable = BUNDLED,
) -> Plan:
    """Return the plan of deploying `new` over `deployed` (None: a first deployment).

    `change_set` is CloudFormation's description of the same update, by template; `allow` has the
    values of `--allow-data-loss`; `parameters` the root stack's parameter values before and after;
    `running` is the observed state of the system, None if it does not matter. `origins` have more
    lines of the spec than `locate`, if the new templates are its own.
    """
    old_templates = deployed or {}
    lines = origins or Written(locate, first=deployed is None)
    old, later = Resolver(old_templates, parameters[0]), Resolver(new, parameters[1])
    before, after = resolved_resources(old), resolved_resources(later)
    predictions = predict(diff(old, later), after, schemas)
    comparison = Comparison(old, later, predictions, schemas)
    entries = {name: merged(changes) for name, changes in (change_set or {}).items()}
    judged = judged_stacks(entries, comparison)

    changes: list[ResourceChange] = []
    phantoms: list[Phantom] = []
    order = {address: place for place, address in enumerate([*before, *after])}
    names = list(
        dict.fromkeys(["root", *later.nested.values(), *old.nested.values(), *new, *old_templates])
    )
    names += [name for name in entries if name not in names]
    known = sorted(predictions, key=lambda a: (names.index(a.template), order[a]))
    for address in [*known, *(a for a in judged if a not in predictions)]:
        found = judged.get(address)
        nested = address in later.nested or address in old.nested
        if found and found.phantom and address not in predictions:
            if not nested:
                phantoms.append(_phantom(address, found))
        elif address in predictions or not nested or (found and found.entry.action == "Modify"):
            changes.append(resource_change(address, predictions, found, lines))

    changes, settled = recorded(changes, broker_services(before), running)
    phantoms += settled
    described = target or _target(old, later)
    situation = Situation(tuple(changes), old, later, before, after, running)
    return Plan(
        described,
        tuple(
            ComponentPlan(
                name,
                tuple(change for change in changes if change.component == name),
                tuple(phantom for phantom in phantoms if phantom.component == name),
            )
            for name in names
        ),
        tuple(_outputs(old, later, comparison)),
        tuple(
            _placed(block, lines)
            for block in (
                gate(situation, allow)
                if deployed is not None or change_set
                else source_gate(situation)
            )
        ),
        cost_change(deployed, new, described.region, parameters, prices),
    )


def _placed(block: Block, lines: Origins) -> Block:
    """Return a block with a line: that of its field, or otherwise of its resource's section."""
    if block.location:
        return block
    found = lines.of_field(block.field) if block.field else None
    if block.severity is Severity.BLOCK and block.component and block.logical_id:
        found = found or lines.of_section(Address(block.component, block.logical_id))
    return replace(block, location=found)


def _target(old: Resolver, new: Resolver) -> Target:
    metadata = template_metadata(new)
    return Target(
        deployment=str(metadata.get("Deployment", "")),
        layout=str(metadata.get("Layout", "")),
        base="deployed" if old.templates else "nothing",
    )


def _phantom(address: Address, judged: Judged) -> Phantom:
    entry = judged.entry
    names = dict.fromkeys(detail.name or detail.attribute for detail in entry.details)
    return Phantom(
        address.template,
        address.logical_id,
        entry.type,
        Replacement(entry.replacement or "False"),
        tuple(names),
    )


def _outputs(old: Resolver, new: Resolver, ours: Comparison) -> Iterable[OutputChange]:
    def text(name: str, value: object) -> str | None:
        visible, _ = masked(("Outputs", name), value)
        return None if visible is None else shown(visible)

    changed = output_differences(old, new)
    for name, before, after in changed:
        yield OutputChange(name, text(name, before), text(name, after))
    known = {name for name, _, _ in changed}
    for name, body in new.templates.get("root", {}).get("Outputs", {}).items():
        value = new.value("root", body.get("Value"))
        if name not in known and any(
            symbol.resource in ours.predictions
            and ours.predictions[symbol.resource].diff.kind is Kind.MODIFIED
            and moves(ours.predictions[symbol.resource], symbol, ours.schemas) == ALWAYS
            for symbol in symbols(value)
        ):
            yield OutputChange(name, text(name, value), CHANGED_AFTER_APPLY)
