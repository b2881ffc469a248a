"""Authors of operations, identified by the token in their events."""

import re

from camformation.deploy.cloud.stacks import StackEvent

TOKEN = re.compile(r"camformation-(?P<who>.+)-\d{8}-\d{6}-[0-9a-f]{12}")


def author(event: StackEvent) -> str | None:
    """Return the author of an event's operation, if its token identifies one."""
    token = event.client_request_token or ""
    if found := TOKEN.fullmatch(token):
        return found["who"]
    return "a user of the AWS console" if token.startswith("Console-") else None
