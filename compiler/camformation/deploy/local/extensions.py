"""Puts every extension in place, once per process."""

from camformation.deploy.local import (
    change_sets,
    data_stores,
    describe,
    ecs,
    ecs_resources,
    lambda_process,
    nested,
    network,
    operations,
)

_installed = False


def install() -> None:
    """Extend MiniStack. Raises LocalTargetMissing when a name it needs is not there."""
    global _installed
    if _installed:
        return
    for extension in (
        network,
        data_stores,
        ecs,
        ecs_resources,
        lambda_process,
        operations,
        nested,
        change_sets,
        describe,
    ):
        extension.install()
    _installed = True
