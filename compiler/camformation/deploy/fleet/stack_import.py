"""The import of existing stacks into a fleet, without changing their resources.

AWS does not compare: a stack becomes an instance without changes, and the next update applies the
StackSet's template to it. So readable stacks are compared here first.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock, Stacks
from camformation.deploy.cloud.stack_sets import StackInstance, StackSet, StackSetRequest, StackSets
from camformation.deploy.fleet.calls import Call, Kind
from camformation.deploy.fleet.events import FleetEvent, StackSetChanged
from camformation.deploy.fleet.live_fleet import read_instances
from camformation.deploy.fleet.waves import Waves
from camformation.deploy.fleet.work import CAREFUL, new_id
from camformation.deploy.operation.interrupt import Control, nobody
from camformation.deploy.operation.retries import retried_silently
from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.origins import OriginsOf, unknown
from camformation.deploy.plan.pipeline import make_plan
from camformation.diagnostics import Locate, nowhere
from camformation.fleet.specs import OperationSpec
from camformation.fleet.targets import Place
from camformation.frozen import frozen
from camformation.layout import ROOT

BATCH = 10
"""Stacks in a call (ImportStacksToStackSet, StackIds)."""

LISTED = 200
"""Stacks in a list at a URL (CloudFormation User Guide, Import a stack into a StackSet)."""

IMPORTABLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)

AGAIN = "run `camformation fleet import` again with the remaining stacks"

Reader = Callable[[str, str], Stacks | None]
"""Returns CloudFormation of an account and region, None if it cannot be reached."""


@frozen
class Candidate:
    """A stack to be imported. `plan` is the plan of the fleet's next update of it.

    `note` says why there is no plan; `problems` why it cannot be imported.
    """

    stack_id: str
    account: str
    region: str
    stack: str
    plan: Plan | None = None
    note: str = ""
    problems: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """The account and the region."""
        return self.account, self.region


@frozen
class ImportPlan:
    """The plan of an import. `create`: the StackSet does not exist yet."""

    name: str
    request: StackSetRequest
    create: bool
    candidates: tuple[Candidate, ...]
    organizational_units: tuple[str, ...]
    problems: tuple[str, ...] = ()

    @property
    def refusals(self) -> tuple[str, ...]:
        """Every reason against it."""
        return (*self.problems, *(said for each in self.candidates for said in each.problems))


def plan_import(
    stack_sets: StackSets,
    clock: Clock,
    request: StackSetRequest,
    template: Mapping[str, Any],
    stack_ids: Sequence[str],
    *,
    organizational_units: Sequence[str] = (),
    read: Reader = lambda account, region: None,
    locate: Locate = nowhere,
    origins: OriginsOf = unknown,
) -> ImportPlan:
    """Return the plan of importing stacks, named by their ARNs; changes nothing."""
    stack_set = retried_silently(clock, lambda: stack_sets.describe(request.name))
    instances = read_instances(stack_sets, clock, request.name) if stack_set else {}
    problems = [*_secrets(template, "the template")]
    if request.permission_model == "SERVICE_MANAGED" and not organizational_units:
        problems.append("a service-managed StackSet needs the organizational units of the stacks")
    found = [
        _candidate(id, stack_set, template, request, instances, read, locate, origins)
        for id in dict.fromkeys(stack_ids)
    ]
    twice = [place for place, n in Counter(each.place for each in found).items() if n > 1]
    problems += [
        f"two stacks in {account}/{region}: a StackSet can have only one there"
        for account, region in twice
    ]
    return ImportPlan(
        request.name,
        request,
        stack_set is None,
        tuple(found),
        tuple(organizational_units),
        tuple(problems),
    )


def import_stacks(
    stack_sets: StackSets,
    clock: Clock,
    plan: ImportPlan,
    *,
    upload: Callable[[str], str] | None = None,
    spec: OperationSpec = CAREFUL,
    control: Control = nobody,
    ids: Callable[[], str] = new_id,
) -> Iterator[FleetEvent]:
    """Carry out an import; the last event is FleetFinished, Stopped or FleetDetached.

    `upload` stores a text in a bucket and returns its URL, for long lists of stacks. Raises
    DeployError before any change if there are obstacles.
    """
    if plan.refusals:
        raise DeployError(
            "CAM695",
            "nothing was imported: " + "; ".join(plan.refusals),
            "leave these stacks out, or fix the problem, and import again",
        )
    managed = plan.request.managed_execution
    waves = Waves(stack_sets, clock, plan.name, AGAIN, control, ids, managed=managed)
    try:
        if not (yield from waves.settle()):
            return
        if plan.create:
            token = ids()
            made = yield from waves.ask(lambda: stack_sets.create(plan.request, token))
            yield StackSetChanged(time=clock.now(), name=plan.name, id=made, action="CREATE")
        stages = tuple((call,) for call in _calls(plan, upload))
        if stages and not (yield from waves.run("import", spec, stages, (), (1, 1))):
            return
        yield waves.finished(changed=bool(stages) or plan.create)
    except DeployError as error:
        raise waves.lost(error) from error


def _calls(plan: ImportPlan, upload: Callable[[str], str] | None) -> Iterator[Call]:
    size = LISTED if upload else BATCH
    units = plan.organizational_units
    for start in range(0, len(plan.candidates), size):
        some = plan.candidates[start : start + size]
        covers = tuple(each.place for each in some)
        ids = tuple(each.stack_id for each in some)
        if upload and len(some) > BATCH:
            url = upload("\n".join(ids) + "\n")
            yield Call(Kind.IMPORT, None, covers, stack_ids_url=url, organizational_units=units)
        else:
            yield Call(Kind.IMPORT, None, covers, stack_ids=ids, organizational_units=units)


def _candidate(
    id: str,
    stack_set: StackSet | None,
    template: Mapping[str, Any],
    request: StackSetRequest,
    instances: Mapping[Place, StackInstance],
    read: Reader,
    locate: Locate,
    origins: OriginsOf,
) -> Candidate:
    parts = id.split(":", 5)
    names = parts[5].split("/") if len(parts) == 6 else []
    if len(names) != 3 or parts[2] != "cloudformation" or names[0] != "stack":
        return Candidate(id, "", "", id, problems=(f"{id} is not the ARN of a stack",))
    account, region, name = parts[4], parts[3], names[1]
    if (account, region) in instances:
        taken = f"{request.name} already has an instance in {account}/{region}"
        return Candidate(id, account, region, name, problems=(taken,))
    try:
        stacks = read(account, region)
        stack = stacks.describe_stack(id) if stacks else None
        deployed = stacks.template(id) if stacks else None
    except DeployError as error:
        return Candidate(id, account, region, name, note=error.message)
    if stacks is None:
        return Candidate(id, account, region, name, note="the account cannot be read from here")
    if stack is None or deployed is None:
        return Candidate(id, account, region, name, problems=(f"there is no stack {id}",))
    problems = [f"{name}: {said}" for said in _secrets(deployed, "its template")]
    if stack.parent_id:
        problems.append(f"{name} is a nested stack")
    if stack.status not in IMPORTABLE:
        problems.append(f"{name} is in {stack.status}")
    wanted = dict((stack_set or request).parameters)
    declared = template.get("Parameters", {})
    kept = {key: value for key, value in stack.parameters.items() if key in declared}
    old, parameters = {ROOT: deployed}, (dict(stack.parameters), {**wanted, **kept})
    plan = make_plan(
        old,
        {ROOT: template},
        parameters=parameters,
        locate=locate,
        origins=origins(old, parameters),
    )
    return Candidate(id, account, region, name, plan, problems=tuple(problems))


def _secrets(template: Mapping[str, Any], whose: str) -> Iterator[str]:
    """AWS refuses such stacks (CloudFormation User Guide, Import a stack into a StackSet)."""
    for name, declared in template.get("Parameters", {}).items():
        if str(declared.get("NoEcho", "")).lower() == "true":
            yield f"{whose} has a NoEcho parameter, {name}"
