"""The installation of every extension of MiniStack, once per process."""

from camformation.deploy.local.aurora import install as aurora
from camformation.deploy.local.autoscaling import install as autoscaling
from camformation.deploy.local.change_sets import install as change_sets
from camformation.deploy.local.data_stores import install as data_stores
from camformation.deploy.local.descriptions import install as describe
from camformation.deploy.local.ecs import install as ecs
from camformation.deploy.local.ecs_resources import install as ecs_resources
from camformation.deploy.local.lambda_process import install as lambda_process
from camformation.deploy.local.nested_stacks import install as nested
from camformation.deploy.local.network import install as network
from camformation.deploy.local.operations import install as operations
from camformation.deploy.local.restored import install as restored
from camformation.deploy.local.saved_state import install as saving
from camformation.deploy.local.stack_events import install as stack_events

_installed = False


def install() -> None:
    """Extend MiniStack. Raises LocalTargetMissing when a name it needs is not there."""
    global _installed
    if _installed:
        return
    for extend in (
        network,
        data_stores,
        aurora,
        restored,
        ecs,
        ecs_resources,
        autoscaling,
        lambda_process,
        operations,
        stack_events,
        saving,
        nested,
        change_sets,
        describe,
    ):
        extend()
    _installed = True
