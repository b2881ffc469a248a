"""The rule for settings with which brokers may lose what they have confirmed."""

from collections.abc import Iterator, Mapping

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import FALSE, broker_settings

OFF: Mapping[str, str] = {  # what turning it off means
    "CAMUNDA_CLUSTER_RAFT_FLUSHENABLED": "what brokers confirm is not on the file system yet: it "
    "is lost if a task ends without a shutdown",
    "CAMUNDA_DATA_PRIMARYSTORAGE_DISK_MONITORINGENABLED": "brokers continue to write until the "
    "file system is full, and then cannot start",
    "CAMUNDA_SYSTEM_UPGRADE_ENABLEVERSIONCHECK": "brokers start with data of versions that they "
    "cannot read",
}
DELAY = "CAMUNDA_CLUSTER_RAFT_FLUSHDELAY"
CLOCK = "CAMUNDA_SYSTEM_CLOCKCONTROLLED"


@rule("CAM247", "Setting with which brokers may lose data", Severity.WARNING)
def durability(d: Deployment) -> Iterator[Violation]:
    """A broker confirms a command when most replicas have it on their file systems. Without
    flushing, or with a delay, confirmed data may not be in any file yet when tasks end, and
    replicas may contradict each other afterwards. The check of versions keeps brokers from starting
    with data that they cannot read, and the monitoring of the disk from filling it. A controlled
    clock is for tests: anyone who reaches port 9600 can move it without logging in, and then timers
    fire, messages expire and history is deleted. In production all of these are errors.

    Source: Camunda docs, Cluster properties (camunda.cluster.raft.flush-enabled, flush-delay);
    Camunda docs, Update Zeebe (version check).
    """
    severity = Severity.ERROR if d.profile == "production" else None
    settings = broker_settings(d)
    for name, why in OFF.items():
        if (found := settings.find(name)) and settings.value(name).lower() in FALSE:
            yield Violation(found.path, f"with {found.said} off, {why}", found.removal, severity)
    if (clock := settings.find(CLOCK)) and settings.switch(CLOCK):
        yield Violation(
            clock.path,
            "anyone who reaches port 9600 can move the brokers' clock, and so delete history",
            clock.removal,
            severity,
        )
    delay = settings.value(DELAY).lower()
    if (found := settings.find(DELAY)) and delay and not delay.startswith(("0", "pt0")):
        yield Violation(
            found.path,
            f"with a delay of {delay}, what brokers confirm is not on the file system yet",
            found.removal,
            severity,
        )
