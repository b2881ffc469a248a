"""The rule for images that hold another application than the one that is to run."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.rules.images import application, camunda_images
from camformation.rules.registry import Violation, rule
from camformation.rules.releases import newest_image


@rule("CAM199", "Image of another application")
def applications(d: Deployment) -> Iterator[Violation]:
    """A broker is also gateway, Operate, Tasklist and Admin, which only the image `camunda/camunda`
    contains together; connectors run in `camunda/connectors-bundle` or `camunda/connectors`.
    Camunda's other images are other applications: Zeebe's has no web applications, Operate's is not
    a broker. Images are recognized by `camunda/` and their name, in any registry; others are not
    checked.

    Source: Camunda docs, Docker (component images); Camunda docs, 8.10 release announcements.
    """
    for use in camunda_images(d):
        section = str(use.path[0])
        found = application(use.reference)
        if found and found != section:
            what = (
                f"the application of {found}" if found in ("orchestration", "connectors") else found
            )
            yield Violation(
                use.path,
                f"this image holds {what}, and cannot run as {section}",
                f"use {newest_image(d.version, section)}, or a copy of it",
            )
