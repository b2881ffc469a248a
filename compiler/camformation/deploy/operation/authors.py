"""Authors of operations, told by the token in their events."""

import re

from camformation.deploy.cloud.stacks import StackEvent

TOKEN = re.compile(r"camformation-(?P<who>.+)-\d{8}-\d{6}-[0-9a-f]{12}")


def author(event: StackEvent) -> str | None:
    """Return who began the operation of an event, as far as its token tells."""
    token = event.client_request_token or ""
    if found := TOKEN.fullmatch(token):
        return found["who"]
    return "a user of the AWS console" if token.startswith("Console-") else None
