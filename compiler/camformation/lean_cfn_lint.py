"""cfn-lint's rules, with work that it repeats done once.

For each part of a resource, cfn-lint makes a class of validators, though all are one of a dozen,
and an empty template for it to start from; for each copy of an instance, it asks for the fields of
its class. All that takes a quarter of its time, and comes out the same every time.
"""

import dataclasses
import gc
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Validators = Mapping[str, Any]


@cache
def rules() -> Any:
    """Return all rules, loaded once; none of what is loaded is garbage."""
    collects = gc.isenabled()
    gc.disable()
    try:
        from cfnlint.core import get_rules

        _remember()
        return get_rules([], [], [])
    finally:
        if collects:
            gc.enable()


def _remember() -> None:
    from cfnlint import runner  # noqa: F401 - imports all that is looked for here
    from cfnlint.jsonschema import validators

    validators.create = _once(validators.create)
    validators.Template = _one_empty(validators.Template)
    fields = cache(dataclasses.fields)
    for name, module in list(sys.modules.items()):
        if name.startswith("cfnlint.") and vars(module).get("fields") is dataclasses.fields:
            vars(module)["fields"] = fields


def _one_empty(template: Callable[..., Any]) -> Callable[..., Any]:
    """Return what makes templates, but only one that is empty: nobody changes it."""
    empty = cache(lambda: template(None, {}))
    return lambda *parts: template(*parts) if parts != (None, {}) else empty()


def _once(create: Callable[..., type[Any]]) -> Callable[..., type[Any]]:
    """Return what makes a class only of parts that it has not made one of."""
    known: dict[Any, tuple[type[Any], Any]] = {}

    def made(
        validators: Validators | None = None,
        function_filter: Any = None,
        fn_resolvers: Validators | None = None,
    ) -> type[Any]:
        key = (_parts(validators), repr(function_filter), _parts(fn_resolvers))
        if key not in known:
            made_of = (validators, function_filter, fn_resolvers)
            known[key] = (create(*made_of), made_of)  # kept: no other object may get their ids
        return known[key][0]

    return made


def _parts(validators: Validators | None) -> tuple[tuple[str, int, int], ...] | None:
    """Return the names of functions with their identity; a method is known by its object, too."""
    if validators is None:
        return None
    return tuple(
        (name, id(getattr(each, "__func__", each)), id(getattr(each, "__self__", None)))
        for name, each in sorted(validators.items())
    )
