"""The log of a deployment's tasks on the command line."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import click

from camformation.cli.options import Where
from camformation.cli.target import Subject, SystemClock, connected
from camformation.deploy.cloud.services import LogEvent
from camformation.deploy.live_stack.deployed import require_deployed
from camformation.deploy.live_stack.logs import followed_logs, read_logs, wanted_logs
from camformation.deploy.live_stack.own_services import chosen_services, own_services
from camformation.report.deployment.log_text import log_json, log_line

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
DURATION = re.compile(r"(\d{1,6})([smhd])")


def since_time(text: str, now: datetime) -> datetime | None:
    """Return the time for a duration ago such as `2h`, or for an ISO 8601 time with a zone; None
    for others."""
    try:
        if found := DURATION.fullmatch(text):
            return now - timedelta(**{UNITS[found[2]]: int(found[1])})
        time = datetime.fromisoformat(text)
    except (ValueError, OverflowError):  # before the year 1
        return None
    return time if time.tzinfo else None


def tail(
    about: Subject,
    where: Where,
    names: Sequence[str],
    since: datetime,
    pattern: str,
    fields: Sequence[str],
    *,
    follow: bool,
    as_json: bool,
) -> int:
    """Print the log, and return the exit code. Raises DeployError."""
    with connected(where, about.deployment) as at:
        deployed = require_deployed(at.cloud.stacks, about.stack)
        own = own_services(at.cloud, deployed)
        services = chosen_services(own, names, about.stack) if names else ()
        wanted = wanted_logs(deployed, services, pattern)
        clock = SystemClock()
        events: Iterator[LogEvent | None] = (
            followed_logs(at.cloud.services, clock, wanted, since)
            if follow
            else read_logs(at.cloud.services, wanted, since)
        )
        empty = True
        try:
            for each in events:
                if each is not None:
                    empty = False
                    line = log_json(each, fields) if as_json else log_line(each, fields)
                    click.echo(line)
        except KeyboardInterrupt:
            if not follow:
                raise
        if empty and not follow:
            such = " that the filter matches" if pattern else ""
            began = f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            further = clock.now() - since < timedelta(days=1)
            more = "; --since 1d looks further back" if further else ""
            click.echo(f"note: no lines{such} since {began}{more}", err=True)
    return 0
