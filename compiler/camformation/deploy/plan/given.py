"""The values that a deployment gives its stack's parameters."""

from collections.abc import Iterable, Mapping

from camformation.units import Parameter

SETS = tuple(
    ("network", "existing", field)
    for field in (
        *("private_subnet_ids", "public_subnet_ids", "private_route_table_ids"),
        *("database_subnet_ids", "load_balancer_subnet_ids"),
    )
)
"""Lists of the spec that mean the same in any order."""


def given_values(parameters: Iterable[Parameter], deployed: Mapping[str, str]) -> dict[str, str]:
    """Return the spec's own value of each parameter.

    Where the spec has a list in another order, every parameter keeps the value that it is
    `deployed` with: a mount target cannot move to another subnet.
    """
    known = tuple(parameters)
    values = {each.name: each.default for each in known}
    for path in SETS:
        names = [each.name for each in known if each.path[:-1] == path]
        wanted = [values[name] for name in names]
        kept = {name: deployed[name] for name in names if deployed.get(name) in wanted}
        rest = iter(value for value in wanted if value not in kept.values())
        values |= {name: kept.get(name) or next(rest) for name in names}
    return values


def defaults(templates: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Return the default of each parameter of the root template."""
    declared = templates.get("root", {}).get("Parameters", {})
    assert isinstance(declared, Mapping)
    return {name: str(each["Default"]) for name, each in declared.items() if "Default" in each}
