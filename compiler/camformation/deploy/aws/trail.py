"""CloudTrail over boto3."""

import json
from datetime import datetime
from typing import Any

from camformation.deploy.aws.client import Client
from camformation.deploy.cloud.services import DeniedCall

PAGES = 10  # of fifty events; LookupEvents answers twice a second (CloudTrail API Reference)
DENIALS = ("AccessDenied", "UnauthorizedOperation", "Forbidden")


class AwsTrail:
    """Implements `Trail`."""

    def __init__(self, cloudtrail: Client) -> None:
        self._trail = cloudtrail

    def denied(self, began: datetime, ended: datetime) -> tuple[DeniedCall, ...]:
        """See `Trail`."""
        found: list[DeniedCall] = []
        pages = self._trail.pages("lookup_events", StartTime=began, EndTime=ended)
        for _, page in zip(range(PAGES), pages, strict=False):
            for event in page.get("Events", ()):
                if call := _denied(event):
                    found.append(call)
        return tuple(reversed(found))


def _denied(event: dict[str, Any]) -> DeniedCall | None:
    """Return an event if a call was denied; its details are JSON."""
    try:
        details = json.loads(event.get("CloudTrailEvent") or "{}")
        code = str(details.get("errorCode") or "")
        source = str(details.get("eventSource") or "").partition(".")[0]
        who = str(details.get("userIdentity", {}).get("arn") or "")
    except (ValueError, AttributeError):
        return None
    if not any(each in code for each in DENIALS):
        return None
    return DeniedCall(
        time=event["EventTime"],
        action=f"{source}:{details.get('eventName', '')}",
        principal=who,
        code=code,
        message=str(details.get("errorMessage") or ""),
    )
