"""The state on disk: written after every operation, repaired after an interrupted one."""

import json
import threading
from pathlib import Path
from typing import Any

from camformation.deploy.local.errors import LocalTargetFailed
from camformation.deploy.local.modules import Function, cloudformation, module, replace

STACK = "AWS::CloudFormation::Stack"
INTERRUPTED = "The local target ended while this operation was running."


def install() -> None:
    """Wrap saving and loading."""
    replace("save_all", _one_at_a_time, module("core.persistence"), module("app"))
    replace("save_state", _only_what_changed, module("core.persistence"))
    replace("load_persisted_state", _end_interrupted, cloudformation())
    replace("get_state", _uncopied, cloudformation())


def check(folder: Path) -> None:
    """Raise LocalTargetFailed if saved state cannot be read: MiniStack would silently start empty,
    and overwrite it."""
    for path in sorted(folder.glob("*.json")):
        try:
            json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            why = getattr(error, "strerror", None) or error
            raise LocalTargetFailed(
                f"the saved state {path} is damaged: {why}",
                f"delete the folder {folder.parent} to start again, or choose another one with "
                "--local-state DIR",
            ) from error


async def save() -> None:
    """Save everything now: a process can be killed between operations."""
    write = module("core.persistence").save_all
    await module("core.concurrency").run_offloop(
        write, module("app")._build_persistence_save_dict()
    )


def _one_at_a_time(original: Function) -> Function:
    """The end of an operation and the end of the server both save, perhaps at the same time."""
    guard = threading.Lock()

    def save(services: dict[str, Any]) -> None:
        with guard:
            original(services)

    return save


def _only_what_changed(original: Function) -> Function:
    """MiniStack would write the files of fifty services each time, slowly through JSON."""
    persistence = module("core.persistence")

    def save_state(service: str, state: Any) -> None:
        if not persistence.PERSIST_STATE:
            return
        version = persistence._state_format_version(service)
        content = {"__ministack_format__": version, "payload": state}
        try:
            text = json.dumps(content, default=persistence._json_default).encode()
            path = Path(persistence.STATE_DIR, f"{service}.json")
            if path.is_file() and path.read_bytes() == text:
                return
            fresh = path.with_name(f"{path.name}.tmp")
            fresh.write_bytes(text)
            fresh.replace(path)
        except (OSError, TypeError, ValueError):
            original(service, state)  # creates the folder, or reports why it cannot be written

    return save_state


def _uncopied(_: Function) -> Function:
    """MiniStack would copy stacks, events and change sets object by object, which takes longer than
    writing them. While the encoder, in C, reads them, no other thread can change them."""
    scoped = module("core.responses").AccountRegionScopedDict

    def get_state() -> dict[str, Any]:
        stores = {name: scoped() for _, name in cloudformation()._PERSISTED_STORES}
        for store, name in cloudformation()._PERSISTED_STORES:
            stores[name]._data = dict(store()._data)
        return stores

    return get_state


def _end_interrupted(original: Function) -> Function:
    """An operation does not outlive the process that ran it: its stack has failed."""

    def load(data: Any) -> None:
        original(data)
        stacks = cloudformation("stacks")
        for key, stack in list(cloudformation()._stacks._data.items()):
            status = stack.get("StackStatus", "")
            if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
                continue
            if status.endswith("_CLEANUP_IN_PROGRESS"):
                failed = status.removesuffix("_CLEANUP_IN_PROGRESS")
            else:
                failed = status.removesuffix("_IN_PROGRESS") + "_FAILED"
            stack["StackStatus"] = failed
            stack["StackStatusReason"] = INTERRUPTED
            with module("core.responses").request_scope(key[0], key[1]):
                named = (stack["StackId"], stack["StackName"], stack["StackName"])
                stacks._add_event(*named, STACK, failed, INTERRUPTED, stack["StackId"])

    return load
