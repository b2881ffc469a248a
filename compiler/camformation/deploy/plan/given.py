"""The parameter values of a deployment's stack."""

from collections.abc import Iterable, Mapping

from camformation.units import Parameter

SETS = tuple(
    ("network", "existing", field)
    for field in (
        *("private_subnet_ids", "public_subnet_ids", "private_route_table_ids"),
        *("database_subnet_ids", "load_balancer_subnet_ids"),
    )
)
"""Lists of the spec whose order has no meaning."""


def given_values(parameters: Iterable[Parameter], deployed: Mapping[str, str]) -> dict[str, str]:
    """Return the spec's own value of each parameter.

    If the spec has a list in another order, every parameter keeps its `deployed` value: a mount
    target cannot move to another subnet.
    """
    known = tuple(parameters)
    values = {each.name: each.default for each in known}
    for names in sets_of(known):
        values = kept_in_order(names, values, deployed)
    return values


def sets_of(parameters: Iterable[Parameter]) -> tuple[tuple[str, ...], ...]:
    """Return the names of the parameters that are parts of one list without a meaningful order."""
    known = tuple(parameters)
    found = (tuple(each.name for each in known if each.path[:-1] == path) for path in SETS)
    return tuple(names for names in found if names)


def kept_in_order(
    names: Iterable[str], values: Mapping[str, str], deployed: Mapping[str, str]
) -> dict[str, str]:
    """Return the values, those of `names` exchanged among each other so that each keeps the
    `deployed` one if any of them has it."""
    alike = tuple(names)
    rest = [values[name] for name in alike]
    kept: dict[str, str] = {}
    for name in alike:
        value = deployed.get(name)
        if value in rest:
            kept[name] = value
            rest.remove(value)
    others = iter(rest)
    return {**values, **{name: kept[name] if name in kept else next(others) for name in alike}}


def defaults(templates: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Return the default of each parameter of the root template."""
    declared = templates.get("root", {}).get("Parameters", {})
    assert isinstance(declared, Mapping)
    return {name: str(each["Default"]) for name, each in declared.items() if "Default" in each}
