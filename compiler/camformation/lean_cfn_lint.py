"""cfn-lint's rules, without its repeated work.

For each part of a resource, cfn-lint makes a class of validators, though all are one of a dozen,
and an empty template for it to start from; for each step into a template, it makes changed copies
of three objects, field by field, and asks hundreds of rules which of them are meant. All that takes
half of its time, and comes out the same every time.
"""

import dataclasses
import gc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

Validators = Mapping[str, Any]


@cache
def rules() -> Any:
    """Return all rules, loaded once and exempt from garbage collection."""
    collects = gc.isenabled()
    gc.disable()
    try:
        from cfnlint.core import get_rules

        _remember()
        loaded = get_rules([], [], [])
        if "E1101" in loaded.rules:
            _ask_those_that_answer(loaded.rules["E1101"])
        return loaded
    finally:
        if collects:
            gc.enable()


def _remember() -> None:
    from cfnlint import runner  # noqa: F401 - imports all that is looked for here
    from cfnlint.jsonschema import validators

    validators.create = _once(validators.create)
    validators.Template = _one_empty(validators.Template)
    for kind in _kinds(validators):
        kind.evolve = _evolved
    fields = cache(dataclasses.fields)
    for name, module in list(sys.modules.items()):
        if name.startswith("cfnlint.") and vars(module).get("fields") is dataclasses.fields:
            vars(module)["fields"] = fields


def _ask_those_that_answer(rule: Any) -> None:
    """Let the rule that calls others by keyword look only at those with the keyword."""
    ask = type(rule).cfnLint

    @cache
    def answering() -> dict[str, SimpleNamespace]:
        found: dict[str, SimpleNamespace] = {}
        for name, each in rule.child_rules.items():
            for keyword in each.keywords if each else ():
                found.setdefault(keyword, SimpleNamespace(child_rules={})).child_rules[name] = each
        return found

    def lean(validator: Any, keywords: Sequence[str], instance: Any, schema: Any) -> Any:
        for keyword in keywords:
            if others := answering().get(keyword):
                yield from ask(others, validator, [keyword], instance, schema)

    rule.cfnLint = lean


def _kinds(validators: Any) -> Iterator[Any]:
    """Yield the classes of the objects copied at each step: validators and their state."""
    yield from (validators.Context, type(validators.Context().path), validators.FunctionFilter)
    for each in vars(validators).values():
        if "fn_resolvers" in getattr(each, "__dataclass_fields__", ()):
            yield each


def _evolved(instance: Any, **changes: Any) -> Any:
    """Return a copy with some fields changed; values of references are added to the known ones."""
    copy = object.__new__(type(instance))
    fields = vars(copy)
    fields.update(vars(instance))
    if "ref_values" in changes:
        changes["ref_values"] = instance.ref_values | changes["ref_values"]
    if "resources" in changes:
        fields.pop("module_names", None)  # of the resources
    fields.update(changes)
    return copy


def _one_empty(template: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that creates templates, but shares one empty template, which is never
    changed."""
    empty = cache(lambda: template(None, {}))
    return lambda *parts: template(*parts) if parts != (None, {}) else empty()


def _once(create: Callable[..., type[Any]]) -> Callable[..., type[Any]]:
    """Return a function that creates each class only once for the same parts."""
    known: dict[Any, tuple[type[Any], Any]] = {}

    def made(
        validators: Validators | None = None,
        function_filter: Any = None,
        fn_resolvers: Validators | None = None,
    ) -> type[Any]:
        key = (_parts(validators), repr(function_filter), _parts(fn_resolvers))
        if key not in known:
            made_of = (validators, function_filter, fn_resolvers)
            kind: Any = create(*made_of)
            kind.evolve = _evolved
            known[key] = (kind, made_of)  # kept: no other object may get their ids
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
