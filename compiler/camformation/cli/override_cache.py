"""A cache of instances' parameter overrides, which AWS returns for one instance at a time.

Overrides change only with an operation on the instance (CloudFormation API Reference,
UpdateStackInstances), so values read after its last operation are still valid.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from camformation.deploy.cloud.stack_sets import StackInstance
from camformation.deploy.fleet.live_fleet import Live
from camformation.reading import read_json
from camformation.user_cache import cache_folder, keep

Known = dict[str, tuple[str, dict[str, str]]]
"""`account/region` -> the last operation's id, and the instance's overrides since then."""


class OverrideCache:
    """A file of the user's cache folder for one StackSet. An unusable one is ignored."""

    def __init__(self, account: str, region: str, name: str) -> None:
        self._file = cache_folder("fleets") / f"{account}-{region}-{name}.json"
        self._known: Known = {}
        with suppress(OSError, ValueError, TypeError, AttributeError):
            self._known = {
                place: (_text(id), {name: _text(value) for name, value in values.items()})
                for place, (id, values) in read_json(self._file).items()
            }

    def known(self, instance: StackInstance) -> Mapping[str, str] | None:
        """Return an instance's overrides, if it has not changed since they were read."""
        id, values = self._known.get(f"{instance.account}/{instance.region}", (None, None))
        return values if id is not None and id == instance.last_operation_id else None

    def remember(self, live: Live) -> None:
        """Keep the overrides of existing instances; forget the rest."""
        found = {
            "/".join(place): (instance.last_operation_id, dict(live.overrides[place]))
            for place, instance in live.instances.items()
            if place in live.overrides and instance.last_operation_id and not _busy(instance)
        }
        keep(self._file, json.dumps(found, sort_keys=True))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _busy(instance: StackInstance) -> bool:
    return instance.detailed_status in ("PENDING", "RUNNING")
