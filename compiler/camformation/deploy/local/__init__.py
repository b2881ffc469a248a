"""The local target: an AWS endpoint on 127.0.0.1 for deploying without an account.

MiniStack emulates the services; the modules here start it and add what our templates need. It is a
rehearsal: it runs no containers except the database seed's, enforces no permissions and cannot tell
replacements as AWS does. Nothing is imported from MiniStack before `start`.
"""

from camformation.deploy.local.endpoint import MINISTACK_VERSION, LocalTarget
from camformation.deploy.local.errors import LocalTargetBusy, LocalTargetFailed, LocalTargetMissing
from camformation.deploy.local.target import LOCAL_STATE, has_postgresql, start

__all__ = [
    "LOCAL_STATE",
    "MINISTACK_VERSION",
    "LocalTarget",
    "LocalTargetBusy",
    "LocalTargetFailed",
    "LocalTargetMissing",
    "has_postgresql",
    "start",
]
