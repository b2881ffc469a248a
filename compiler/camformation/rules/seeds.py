"""Rules for the container that creates the database's user."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.images import application, official
from camformation.rules.registry import Violation, rule

_OFFICIAL = (
    *("alpine", "amazonlinux", "bash", "busybox", "debian", "fedora", "ubuntu"),
    *("eclipse-temurin", "golang", "httpd", "nginx", "node", "python"),
    *("mariadb", "memcached", "mongo", "mysql", "percona", "redis", "valkey"),
)
"""Docker's official images whose Dockerfile installs no client of PostgreSQL."""
_AMAZON = (
    *("amazon/aws-cli", "public.ecr.aws/aws-cli/aws-cli"),
    "public.ecr.aws/amazonlinux/amazonlinux",
)


@rule("CAM271", "Seed image without psql", Severity.WARNING)
def seed_without_psql(d: Deployment) -> Iterator[Violation]:
    """The seed runs `psql` in a shell. A public image without that client, such as MySQL's,
    Alpine's or Camunda's own, ends with `psql: not found`, and brokers never get their user. Only
    images that are known by their name are judged.

    Source: PostgreSQL documentation, psql; Dockerfiles of Docker's official images.
    """
    reference = d.database.seed_image
    if d.database.seed != "none" and _lacks_psql(reference):
        yield Violation(
            ("database", "seed_image"),
            "this image has no psql, with which the seed creates the database's user",
            "use an image of PostgreSQL, such as public.ecr.aws/docker/library/postgres:17-alpine",
        )


def _lacks_psql(reference: str) -> bool:
    repository = re.split("[:@]", reference.removeprefix("docker.io/"))[0]
    return (
        official(reference) in _OFFICIAL
        or repository in _AMAZON
        or application(reference) is not None
    )
