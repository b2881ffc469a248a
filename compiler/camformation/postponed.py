"""Lazy import of modules that libraries import but the compiler never uses.

troposphere imports cfn_flip for `Template.to_yaml`, and with it logging and more: with the others
here, a quarter of the time to compile a spec. An empty module takes its place, and becomes the real
one when an attribute is read (PEP 562). importlib's LazyLoader would import it at the second
`import`.
"""

import os
import sys
from importlib import import_module
from types import ModuleType

_STAND_INS: dict[str, ModuleType] = {}


def postpone(name: str, **attributes: object) -> None:
    """Postpone the import of a module until its first use, unless it is already imported.

    Reading `attributes` does not import it: libraries usually read them during their own import.
    """
    if name in sys.modules:
        return
    stand_in = ModuleType(name)
    vars(stand_in).update(attributes)

    def load(attribute: str) -> object:
        if attribute.startswith("__"):  # the import system looks for `__path__`
            raise AttributeError(attribute)
        return getattr(_real(name), attribute)

    stand_in.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[name] = _STAND_INS[name] = stand_in


def _real(name: str) -> ModuleType:
    if name in sys.modules and sys.modules[name] is _STAND_INS[name]:
        del sys.modules[name]
    return import_module(name)


def _untranslated(one: str, many: str, number: int) -> str:
    return one if number == 1 else many


def _cleaned(text: str) -> str:
    """Clean a docstring as `inspect.cleandoc` does."""
    if "\n" not in text:
        return text.lstrip()
    cleaned: str = _real("inspect").cleandoc(text)
    return cleaned


postpone("cfn_flip")
postpone("ast")  # inspect
postpone("inspect", cleandoc=_cleaned)  # click, dataclasses, awacs
postpone("gettext", gettext=str, ngettext=_untranslated)  # click, whose texts are in no catalogue
postpone("platform", system=lambda: os.uname().sysname)  # uuid, which click imports
postpone("troposphere.serverless", Globals=object)  # a type of `Template.set_globals`
postpone("troposphere.constants", LOGS_ALLOWED_RETENTION_DAYS=range(1, 3654))  # the schema has them
