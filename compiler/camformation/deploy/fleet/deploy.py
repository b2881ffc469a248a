"""Deploy a fleet, wave by wave.

Nothing is remembered outside AWS: instances that a deployment has not reached are OUTDATED, so a
new plan after an interruption holds just what is left.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator

from camformation.deploy.cloud import Clock
from camformation.deploy.errors import DeployError, with_hint
from camformation.deploy.events import Notice
from camformation.deploy.fleet.causes import grouped
from camformation.deploy.fleet.events import (
    FleetDetached,
    FleetEvent,
    FleetFinished,
    OperationStarted,
    StackSetChanged,
    Stopped,
    WaveEnded,
    WaveStarted,
)
from camformation.deploy.fleet.live import (
    patiently,
    read_base,
    read_instances,
    running_operations,
)
from camformation.deploy.fleet.model import FleetPlan
from camformation.deploy.fleet.operations import Stage, all_current, finale, prelude, stages
from camformation.deploy.fleet.running import Running
from camformation.deploy.fleet.settings import stack_set_plan
from camformation.deploy.fleet.work import CAREFUL, Verdict, Work, new_id
from camformation.deploy.interrupt import Control, nobody
from camformation.deploy.stack_sets import StackSets
from camformation.fleet.specs import OperationSpec
from camformation.fleet.targets import Place

AGAIN = "run `camformation fleet deploy` again: what is done stays done, and only the rest is done"

Going = Generator[FleetEvent, None, bool]
"""Yields what happens; returns whether to go on."""


def settle(
    stack_sets: StackSets, clock: Clock, name: str, *, control: Control = nobody
) -> Iterator[FleetEvent]:
    """Follow whatever runs on a StackSet to its end, so that a plan can be made of what is left.

    The last event is FleetDetached if somebody did not want to wait.
    """
    if patiently(clock, lambda: stack_sets.describe(name)) is None:
        return
    found = patiently(clock, lambda: list(running_operations(stack_sets, name)))
    if not found:
        return
    running = Running(stack_sets, clock, Work(name, "", CAREFUL, ()), control)
    try:
        yield from running.follow(found)
    except DeployError as error:
        raise _lost(error) from error
    if running.verdict is Verdict.DETACHED:
        yield FleetDetached(clock.now(), "", running.operations, (), AGAIN)


def deploy(
    stack_sets: StackSets,
    clock: Clock,
    plan: FleetPlan,
    *,
    control: Control = nobody,
    ids: Callable[[], str] = new_id,
) -> Iterator[FleetEvent]:
    """Deploy what was planned; the last event is FleetFinished, Stopped or FleetDetached.

    Raises DeployError: before anything is changed where the plan is blocked or the fleet is no
    longer what was planned for, or later where AWS cannot be asked any longer.
    """
    if plan.blocks:
        raise DeployError(
            "CAM671",
            f"{plan.name} is not deployed: {len(plan.blocks)} changes are blocked; the first: "
            + plan.blocks[0].block.message,
            plan.blocks[0].block.hint,
        )
    try:
        yield from _Deployment(stack_sets, clock, plan, control, ids).run()
    except DeployError as error:
        raise _lost(error) from error


class _Deployment:
    def __init__(
        self,
        stack_sets: StackSets,
        clock: Clock,
        plan: FleetPlan,
        control: Control,
        ids: Callable[[], str],
    ) -> None:
        self._stack_sets = stack_sets
        self._clock = clock
        self._plan = plan
        self._control = control
        self._ids = ids
        self._began = clock.now()
        self._counts: Counter[str] = Counter()
        self._failures: dict[Place, str] = {}
        self._begun = False

    def run(self) -> Iterator[FleetEvent]:
        plan, clock = self._plan, self._clock
        for event in settle(self._stack_sets, clock, plan.name, control=self._control):
            yield event
            if isinstance(event, FleetDetached):
                return
        self._check_base()
        if not plan.has_changes:
            yield FleetFinished(clock.now(), plan.name, {}, 0.0, changed=False)
            return
        if plan.stack_set.action == "create":
            token = self._ids()
            made = patiently(clock, lambda: self._stack_sets.create(plan.request, token))
            yield StackSetChanged(clock.now(), plan.name, made, "CREATE")
            self._begun = True
        first = tuple((call,) for call in prelude(plan))
        alone = any(call.places is None for (call,) in first)
        waves = [wave for wave in plan.waves if wave.work]
        names = tuple(wave.name for wave in waves)
        if first and not (yield from self._run("", CAREFUL, first, names)):
            return
        carries = plan.stack_set.updates_stacks and self._live
        for number, wave in enumerate(waves):
            work = stages(plan, wave, carries=carries and number == 0)
            calls = sum(map(len, work))
            now = clock.now()
            yield WaveStarted(now, wave.name, number + 1, len(waves), len(wave.work), calls)
            if number:
                self._check_content()
            if not (yield from self._run(wave.name, wave.operation, work, names[number + 1 :])):
                return
        if plan.stack_set.auto_deployment and not alone and not (yield from self._last()):
            return
        now, causes = clock.now(), grouped(self._failures.items())
        counts, elapsed = dict(self._counts), self._elapsed()
        yield FleetFinished(now, plan.name, counts, elapsed, causes=causes)

    def _run(
        self, wave: str, spec: OperationSpec, work: tuple[Stage, ...], remaining: tuple[str, ...]
    ) -> Going:
        """Run one wave; return whether to go on."""
        running = Running(
            self._stack_sets,
            self._clock,
            Work(
                self._plan.name,
                wave,
                spec,
                work,
                self._plan.request.managed_execution,
                self._check,
                self._ids,
            ),
            self._control,
        )
        for event in running.run():
            self._begun = self._begun or (isinstance(event, OperationStarted) and not event.resumed)
            yield event
        now, ledger = self._clock.now(), running.ledger
        self._counts.update(ledger.counts)
        self._failures |= ledger.failures
        if running.verdict is Verdict.DETACHED:
            yield FleetDetached(now, wave, running.operations, remaining, AGAIN)
            return False
        if wave:
            yield WaveEnded(now, wave, ledger.counts, running.elapsed)
        if running.verdict is Verdict.DONE:
            return True
        mend = "mend what failed, then " if running.verdict is Verdict.FAILED else ""
        causes, counts = grouped(ledger.failures.items()), dict(self._counts)
        hint, elapsed = mend + AGAIN, self._elapsed()
        yield Stopped(now, wave, running.why, remaining, hint, causes, counts, elapsed)
        return False

    def _last(self) -> Going:
        """Change auto-deployment, if that changes no stack: the update is of every instance."""
        instances = read_instances(self._stack_sets, self._clock, self._plan.name)
        if all_current(instances.values()):
            return (yield from self._run("", CAREFUL, ((finale(self._plan),),), ()))
        others = sum(each.status != "CURRENT" for each in instances.values())
        yield Notice(
            self._clock.now(),
            "CAM678",
            f"auto-deployment is not changed yet: AWS changes it together with every instance, "
            f"and {others} are not up to date",
            "deploy again when they are; `camformation fleet remove` takes out what is no target",
        )
        return True

    @property
    def _live(self) -> bool:
        """Whether there are instances that an update can be for."""
        return any(each.status != "INOPERABLE" for each in self._plan.instances())

    def _check(self) -> None:
        if self._begun:
            self._check_content()
        else:
            self._check_base()

    def _check_base(self) -> None:
        """Raise DeployError unless the fleet is as it was when the plan was made."""
        name, base = self._plan.name, self._plan.base
        now = read_base(self._stack_sets, self._clock, name)
        what = "the StackSet" if now.stack_set != base.stack_set else "its instances"
        if now != base:
            raise DeployError(
                "CAM670",
                f"somebody changed {what} after this plan of {name} was made; nothing was changed",
                "make a new plan, read it, and deploy that",
            )

    def _check_content(self) -> None:
        """Raise DeployError unless the StackSet still is what was put there."""
        plan = self._plan
        live = patiently(self._clock, lambda: self._stack_sets.describe(plan.name))
        if live is None or stack_set_plan(plan.request, plan.template, live).updates_stacks:
            raise DeployError(
                "CAM670",
                f"somebody {'changed' if live else 'deleted'} the StackSet {plan.name} while this "
                "was going on; the remaining waves were not begun",
                "make a new plan, read it, and deploy that",
            )

    def _elapsed(self) -> float:
        return max(0.0, (self._clock.now() - self._began).total_seconds())


def _lost(error: DeployError) -> DeployError:
    """Say how to go on: what AWS does goes on without us. The error's class stays."""
    if error.code in ("CAM670", "CAM671"):
        return error
    running = "operations under way go on at AWS"
    return with_hint(
        error, f"{error.hint}; {running}; {AGAIN}" if error.hint else f"{running}; {AGAIN}"
    )
