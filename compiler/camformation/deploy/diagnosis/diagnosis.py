"""The diagnosis of an operation: its root causes, each with evidence, meaning and advice. Pure."""

from camformation.deploy.cloud.services import DeniedCall
from camformation.deploy.diagnosis.links import Link, log_link, service_links, stack_link
from camformation.deploy.operation.events import Failure, Notice
from camformation.deploy.operation.record import Header, OperationRecord
from camformation.deploy.operation.signatures import AWS, Recognised, Said, recognised, said_of
from camformation.frozen import frozen
from camformation.layout import ROOT

MISSING = ("CAM631",)
"""Codes of notices that something could not be read."""


@frozen
class RootCause:
    """A resource that failed by itself."""

    path: str  # root/orchestration/OrchestrationService
    failure: Failure
    known: Recognised | None
    links: tuple[Link, ...]


@frozen
class Diagnosis:
    """The diagnosis of an operation's end. The first cause comes first, the rollback's last."""

    header: Header
    status: str | None  # the root stack's, None if the end was not seen
    succeeded: bool | None
    elapsed: float | None  # in seconds
    causes: tuple[RootCause, ...]
    reason: str | None = None  # the stack's own, if no resource failed
    known: Recognised | None = None  # of that reason
    denied: tuple[DeniedCall, ...] = ()  # by any caller; not all are related
    unread: tuple[Notice, ...] = ()  # the parts that could not be read

    @property
    def permanent(self) -> bool:
        """Whether the same deployment would fail again."""
        kinds = [each.known.kind for each in self.causes if each.known]
        return bool(kinds) and kinds[0] == "permanent"


def diagnose(record: OperationRecord) -> Diagnosis:
    """Return the diagnosis of a record."""
    end = record.end
    causes = tuple(_cause(record.header, each) for each in record.failures)
    reason = None if causes or end is None or end.succeeded else end.reason
    return Diagnosis(
        header=record.header,
        status=end.status if end else None,
        succeeded=end.succeeded if end else None,
        elapsed=end.elapsed if end else None,
        causes=causes,
        reason=reason,
        known=recognised([Said(AWS, reason)]) if reason else None,
        denied=record.denied,
        unread=tuple(each for each in record.notices if each.code in MISSING),
    )


def path_of(component: str, logical_id: str) -> str:
    """Return the path of a resource through the stacks: `root/database/AuroraCluster`."""
    inner = () if component == ROOT else (component,)
    return "/".join((ROOT, *inner, logical_id))


def _cause(header: Header, failure: Failure) -> RootCause:
    found = failure.evidence
    links = [stack_link(header)]
    links += service_links(header, failure.physical_id, found.task if found else None)
    if found and found.log_group and found.log:
        links.append(log_link(header, found.log_group, found.log[-1].stream))
    return RootCause(
        path_of(failure.component, failure.logical_id),
        failure,
        recognised(
            said_of(failure.reason, found, failure.service_events, failure.output, header.version)
        ),
        tuple(links),
    )
