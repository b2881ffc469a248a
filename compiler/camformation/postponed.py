"""Modules that the libraries we use import, and that we never use.

troposphere imports cfn_flip for `Template.to_yaml`; with it come logging and more, a tenth of the
time that compiling a spec takes. The import is put off until somebody does use it, with the recipe
of the Python documentation (importlib, Implementing lazy imports).
"""

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec


def postpone(name: str) -> None:
    """Import a module when it is first used, not now; do nothing where that is too late."""
    if name in sys.modules:
        return
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        return  # whoever imports it will say so
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


postpone("cfn_flip")
