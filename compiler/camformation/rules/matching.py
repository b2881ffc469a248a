"""The rule for sizes and timeouts of which one makes another useless."""

import re
from collections.abc import Iterator

from camformation.components.database_alarms import connections
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.durations import seconds
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, Settings, broker_settings, connectors_settings

GRPC = "CAMUNDA_API_GRPC_MAXMESSAGESIZE"
NETWORK = "CAMUNDA_CLUSTER_NETWORK_MAXMESSAGESIZE"
FILE = "SPRING_SERVLET_MULTIPART_MAXFILESIZE"
REQUEST = "SPRING_SERVLET_MULTIPART_MAXREQUESTSIZE"
POLLS = "CAMUNDA_API_LONGPOLLING_TIMEOUT"
KEEP_ALIVE, CONNECTION = "SERVER_TOMCAT_KEEPALIVETIMEOUT", "SERVER_TOMCAT_CONNECTIONTIMEOUT"
PINGS, LEAST_PINGS = "CAMUNDA_CLIENT_KEEPALIVE", "CAMUNDA_API_GRPC_MINKEEPALIVEINTERVAL"
ALLOWED = 30  # seconds between pings
MESSAGE, UPLOAD = 4, 10  # MB, unless set
POOL = "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_CONNECTIONPOOL_MAXIMUMPOOLSIZE"
USUAL_POOL = 10  # connections of a broker
IDLE = 60  # seconds that the load balancer waits
_MIB = {"": 2**-20, "B": 2**-20, "KB": 2**-10, "MB": 1, "GB": 2**10, "TB": 2**20}


@rule("CAM265", "Sizes or timeouts that do not match", Severity.WARNING)
def matching(d: Deployment) -> Iterator[Violation]:
    """A message passes gRPC, which accepts 4 MB unless `CAMUNDA_API_GRPC_MAXMESSAGESIZE` says
    otherwise, or REST, which accepts uploads of 10 MB unless Spring's multipart settings say
    otherwise, and then the brokers, which accept `CAMUNDA_CLUSTER_NETWORK_MAXMESSAGESIZE`, also 4
    MB: a limit that is higher than the others has no effect. A file is part of a request, so it
    cannot be larger.

    The load balancer keeps idle connections, and waits for an answer, for 60 seconds. If an
    application closes connections sooner, the load balancer sometimes answers 502; long polls that
    take longer end with 504.

    Brokers close the connections of clients that ping more often than every 30 seconds, unless
    `CAMUNDA_API_GRPC_MINKEEPALIVEINTERVAL` says otherwise.

    Each broker opens up to 10 connections to the database, unless its `MAXIMUMPOOLSIZE` says
    otherwise, and the database accepts as many as `max_connections` says, or its memory allows. The
    rule counts the whole memory of the instance class, of which RDS needs a part.

    Source: camunda/camunda issues 12108 and 29965 and pull request 11179; Camunda docs,
    Orchestration Cluster properties (application.properties: multipart); Elastic Load Balancing,
    Application Load Balancers (connection idle timeout; troubleshooting, HTTP 502); gRPC docs,
    Keepalive; Camunda docs,
    RDBMS configuration (connection pool); Amazon Aurora User Guide, Maximum connections to an
    Aurora PostgreSQL DB instance.
    """
    brokers = broker_settings(d)
    yield from _pools(d, brokers)
    yield from _messages(brokers)
    for settings in (brokers, *([connectors_settings(d)] if d.connectors.enabled else [])):
        yield from _files(settings)
        if d.access.http:
            yield from _kept(settings)
    if d.connectors.enabled:
        yield from _pings(brokers, connectors_settings(d))
    polls = brokers.find(POLLS)
    waits = (polls.value or "").strip() if polls else ""
    if polls and d.access.http and re.fullmatch(r"\d{1,15}", waits) and int(waits) >= IDLE * 1000:
        yield Violation(
            polls.path,
            f"the load balancer waits {IDLE} seconds for an answer: polls by REST that take "
            f"{int(waits) // 1000} seconds end with 504",
            f"set {POLLS}, which is in milliseconds, to less than {IDLE * 1000}",
        )


def _pings(brokers: Settings, runtime: Settings) -> Iterator[Violation]:
    """Yield that connectors ping more often than brokers allow."""
    given, least = runtime.find(PINGS), brokers.find(LEAST_PINGS)
    pings = seconds((given.value or "") if given else "")
    allowed = seconds((least.value or "") if least else f"{ALLOWED}s")
    if given and pings and allowed and 1 <= pings < allowed:
        yield Violation(
            given.path,
            f"brokers close the connections of clients that ping more often than every "
            f"{allowed:g} s: connectors ping every {pings:g} s",
            f"write {allowed:g}s or more, or set {LEAST_PINGS} in orchestration.environment",
        )


def _pools(d: Deployment, settings: Settings) -> Iterator[Violation]:
    """Yield that brokers open more connections than the database accepts."""
    most = None if d.database.existing else connections(d.database)
    pool = settings.find(POOL)
    said = (pool.value or "").strip() if pool else str(USUAL_POOL)
    brokers = d.orchestration.brokers
    if most is None or not re.fullmatch(r"\d{1,9}", said) or brokers * int(said) <= most:
        return
    own: Path = ("database", "cluster_parameters", "max_connections")
    set_there = own[2] in d.database.cluster_parameters
    path = pool.path if pool else own if set_there else ("orchestration", "brokers")
    larger = "choose a larger database.instance_class"
    if set_there or d.database.serverless:
        larger = f"raise {'max_connections' if set_there else 'database.serverless.max_acu'}"
    yield Violation(
        path,
        f"the database accepts {most} connections at most, and {brokers} broker"
        f"{'s' * (brokers > 1)} open up to {said} each: {brokers * int(said)}",
        f"set {POOL} to {max(most // brokers, 1)} or less, or {larger}",
    )


def _messages(settings: Settings) -> Iterator[Violation]:
    grpc, network = settings.find(GRPC), settings.find(NETWORK)
    passed, taken = _size(grpc, MESSAGE), _size(network, MESSAGE)
    uploads = [_size(settings.find(name), UPLOAD) for name in (FILE, REQUEST)]
    if grpc and passed and taken and passed > taken:
        yield Violation(
            grpc.path,
            f"brokers take messages of {taken:g} MB at most, whatever gRPC takes",
            f"set {NETWORK} to {(grpc.value or '').strip()}, too",
        )
    elif network and taken and passed and all(uploads):
        upload = min(each for each in uploads if each)
        if taken > max(passed, upload):
            size = (network.value or "").strip()
            yield Violation(
                network.path,
                f"messages of {size} do not reach brokers: gRPC takes {passed:g} MB at most, "
                f"and REST {upload:g} MB",
                f"set {GRPC} to {size}, too, or {FILE} and {REQUEST}",
            )


def _files(settings: Settings) -> Iterator[Violation]:
    file = settings.find(FILE)
    given, most = _size(file, UPLOAD), _size(settings.find(REQUEST), UPLOAD)
    if file and given and most and given > most:
        yield Violation(
            file.path,
            f"a request takes {most:g} MB at most, so no file is larger",
            f"set {REQUEST} to {(file.value or '').strip()} or more",
        )


def _kept(settings: Settings) -> Iterator[Violation]:
    """Yield that connections are closed before the load balancer stops using them."""
    found = settings.find(KEEP_ALIVE) or settings.find(CONNECTION)
    time = seconds(found.value or "") if found else None
    if found and time is not None and time < IDLE:
        yield Violation(
            found.path,
            f"the load balancer uses idle connections for {IDLE} seconds, and the application "
            f"closes them after {time:g} seconds: some requests fail with 502",
            f"set {KEEP_ALIVE} to more than {IDLE}s",
        )


def _size(setting: Setting | None, usual: int) -> float | None:
    """Return a size in MB; None if it is not known, or is none."""
    if setting is None:
        return usual
    found = re.fullmatch(r"(\d{1,15})(B|KB|MB|GB|TB|)", (setting.value or "").strip())
    return int(found[1]) * _MIB[found[2]] if found else None
