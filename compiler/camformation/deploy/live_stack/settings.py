"""Settings of a live stack outside its templates, for comparison with the spec."""

from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.plan.stack_settings import StackSettings


def live_settings(stack: StackDescription, *, local: bool) -> StackSettings:
    """Return a stack's own settings; the local target's emulator keeps no notification topics."""
    topics = None if local else stack.notification_topic_arns
    return StackSettings(stack.tags, topics, stack.termination_protection)
