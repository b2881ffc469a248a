"""What every run of a command works out again, worked out once: the compiled spec, and the lines
behind its changes.

Both follow from texts alone, so a fault has no part in them; they took most of the time.
"""

import json
from typing import Any

import pytest

from camformation.deploy.plan.attribution import Attribution, origins_of
from camformation.pipeline import Compiled, compile_spec

_compiled: dict[tuple[Any, ...], Compiled] = {}
_origins: dict[tuple[int, str], Attribution | None] = {}


def share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all commands share what they work out."""

    def compiled(file: str, read: Any, layout: Any, settings: Any = ()) -> Compiled:
        key = (read(file), layout, *settings)
        if key not in _compiled:
            _compiled[key] = compile_spec(file, read, layout, settings)
        return _compiled[key]

    def origins(
        spec: Compiled, deployed: Any, parameters: Any, planned: Any = None
    ) -> Attribution | None:
        key = id(spec), json.dumps([deployed, planned, *map(dict, parameters)])
        if key not in _origins:
            _origins[key] = origins_of(spec, deployed, parameters, planned)
        return _origins[key]

    monkeypatch.setattr("camformation.pipeline.compile_spec", compiled)
    monkeypatch.setattr("camformation.deploy.change.first_deployment.origins_of", origins)
