"""troposphere's objects, created without computing again the initial attributes that all objects of
a class share.

troposphere sets eight attributes of each object one by one, through a check that is meant for
properties, and looks for every property in the class: this took half of the components' time.
"""

from functools import cache
from typing import Any

from troposphere import BaseAWSObject

_make = BaseAWSObject.__init__


@cache
def _empty(kind: type[BaseAWSObject]) -> dict[str, Any]:
    """Return the attributes of a new object of a class without arguments."""
    made = object.__new__(kind)
    _make(made, None)
    return vars(made)


def _init(
    self: BaseAWSObject,
    title: str | None,
    template: Any = None,
    validation: bool = True,
    **given: Any,
) -> None:
    kind: Any = type(self)
    own, empty = vars(self), _empty(kind)
    properties, resource = dict(empty["properties"]), dict(empty["resource"])
    if dictname := getattr(kind, "dictname", None):
        resource[dictname] = properties
    else:
        resource = properties
    own.update(empty, title=title, template=template, do_validation=validation)
    own.update(properties=properties, resource=resource)
    if title:
        self.validate_title()
    for name, value in given.items():
        setattr(self, name, value)
    self.add_to_template()


setattr(BaseAWSObject, "__init__", _init)  # noqa: B010 - for mypy, which knows what it is
