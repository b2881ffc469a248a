"""Modules that the libraries we use import, and that we never use.

troposphere imports cfn_flip for `Template.to_yaml`; with it come logging and more, a tenth of the
time that compiling a spec takes. In its place stands an empty module that becomes the real one when
somebody asks it for anything (PEP 562). importlib's LazyLoader would import at the second `import`.
"""

import sys
from importlib import import_module
from types import ModuleType


def postpone(name: str) -> None:
    """Import a module when something of it is first used, not now; unless it is there already."""
    if name in sys.modules:
        return
    stand_in = ModuleType(name)

    def load(attribute: str) -> object:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(import_module(name), attribute)

    stand_in.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[name] = stand_in


postpone("cfn_flip")
