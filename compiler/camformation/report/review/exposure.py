"""The exposure of a change: added, removed and unchanged traffic and permissions."""

from camformation.audit.matrix import EVERYWHERE, Access, Flow
from camformation.counting import counted
from camformation.deploy.plan.exposure import ExposureChange
from camformation.report.html.markup import Content, Html, fold, table, tag
from camformation.report.html.page import section

FLOWS = ["", "From", "To", "Ports", "Purpose"]
ACCESS = ["", "Who", "Effect", "Actions", "On", "Conditions"]


def exposure_html(change: ExposureChange, *, first: bool) -> Html:
    """Return the section; a first deployment adds everything, which is folded."""
    if not change.differs:
        said = tag("p", "Nobody reaches anything else, and nobody may do anything else.")
        return section("exposure", "Exposure and permissions", said, *_kept(change))
    parts: list[Html] = []
    flows = [_flow("create", "add", each) for each in change.added_flows]
    flows += [_flow("delete", "remove", each) for each in change.removed_flows]
    if flows:
        parts.append(_part("Who reaches what", FLOWS, flows, folded=first))
    access = [_access("create", "add", each) for each in change.added_access]
    access += [_access("delete", "remove", each) for each in change.removed_access]
    if access:
        parts.append(_part("Who may do what", ACCESS, access, folded=first))
    opened = [each for each in change.added_flows if _from_everywhere(each)]
    warning = None
    if opened:
        ports = ", ".join(dict.fromkeys(each.ports for each in opened))
        words = f"This opens port {ports} to every address that reaches the load balancers."
        warning = tag("div", words, class_="card warn")
    return section("exposure", "Exposure and permissions", warning, *parts, *_kept(change))


def _from_everywhere(flow: Flow) -> bool:
    return flow.way == "in" and flow.source in EVERYWHERE


def _part(title: str, heads: list[str], rows: list[list[Content]], *, folded: bool) -> Html:
    shown = table(heads, rows)
    if folded:
        return fold(f"{title}: {counted(len(rows), 'rule')}", shown)
    return tag("div", tag("h3", title), shown)


def _kept(change: ExposureChange) -> list[Html]:
    """Return the unchanged parts, folded."""
    found = []
    if change.kept_flows:
        rows = [_flow("", "", each) for each in change.kept_flows]
        found.append(
            fold(f"{counted(len(rows), 'flow')} unchanged", table(FLOWS, rows), class_="rest")
        )
    if change.kept_access:
        rows = [_access("", "", each) for each in change.kept_access]
        found.append(
            fold(
                f"{counted(len(rows), 'permission')} unchanged", table(ACCESS, rows), class_="rest"
            )
        )
    return found


def _badge(kind: str, word: str) -> Html | None:
    return tag("span", word, class_=f"badge {kind}") if kind else None


def _flow(kind: str, word: str, flow: Flow) -> list[Content]:
    everyone = _from_everywhere(flow)
    source = tag("strong", f"{flow.source} (everyone)") if everyone else flow.source
    protocol = "" if flow.protocol in ("tcp", "-1") else f" {flow.protocol}"
    return [_badge(kind, word), source, flow.target, f"{flow.ports}{protocol}", flow.reason]


def _access(kind: str, word: str, access: Access) -> list[Content]:
    lists = (access.actions, access.resources, access.conditions)
    actions, resources, conditions = (", ".join(each) for each in lists)
    return [_badge(kind, word), access.principal, access.effect, actions, resources, conditions]
