"""Lazy import of modules that libraries import but the compiler never uses.

troposphere imports cfn_flip for `Template.to_yaml`, and with it logging and more: with the others
here, a sixth of the time to compile a spec. An empty module takes its place and becomes the real
one when an attribute is read (PEP 562). importlib's LazyLoader would import it at the second
`import`.
"""

import sys
from importlib import import_module
from types import ModuleType


def postpone(name: str, **attributes: object) -> None:
    """Postpone the import of a module until its first use, unless it is already imported.

    `attributes` are read when the library is imported, and not used for what they are.
    """
    if name in sys.modules:
        return
    stand_in = ModuleType(name)
    vars(stand_in).update(attributes)

    def load(attribute: str) -> object:
        if attribute.startswith("__"):  # the import system looks for `__path__`
            raise AttributeError(attribute)
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(import_module(name), attribute)

    stand_in.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[name] = stand_in


postpone("cfn_flip")
postpone("ast")  # inspect, which click imports
postpone("troposphere.serverless", Globals=object)  # a type of `Template.set_globals`
