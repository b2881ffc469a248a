"""StackSets and an organization in memory: accounts by the thousand that follow a script.

`failing` says which instances fail and why, `durations` how long they take, `drifted` what drift
detection will find; each until the test changes it. Time passes only in `clock.sleep`. `calls` has
every call with its arguments, of lists each page of 100; `fail` lets calls raise first, for example
Throttled. Refusals are those of CloudFormation, in the product's words.

Simplified against AWS: reads are always consistent. There are no quotas: let calls fail with
LimitExceededException instead. Auto-deployment does not follow accounts that join or leave a unit.
Templates are not deployed, only remembered (`deployed`); parameters are checked by name.
An update that brings a template makes all instances OUTDATED, changed or not.
CreateStackInstances updates instances that exist already, and leaves their overrides unless it
brings some. A failed creation leaves an instance without a stack, as OnFailure DELETE does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeVar

from camformation.deploy.aws.stack_set_refusals import stack_set_refusal
from camformation.deploy.cloud.errors import Refused
from camformation.deploy.cloud.stack_sets import (
    AutoDeployment,
    InstanceDrift,
    Operation,
    OperationResult,
    Places,
    Preferences,
    StackInstance,
    StackSet,
    StackSetRequest,
)
from deploy.fake_instances import FakeInstance, FakeOperation, Key, course
from deploy.fake_stacks import ACCOUNT, REGION, START, FakeClock, Faulty

PAGE = 100  # items in a page of ListStackInstances
MAX_UNITS = 50  # organizational units in one operation
MAX_IMPORT = 10  # stack ids given in the request itself
Item = TypeVar("Item")


class FakeOrganization(Faulty):
    """Units with accounts and units below them. The management account is `ACCOUNT`."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.units: dict[str, list[str]] = {}
        self.children: dict[str, list[str]] = {}
        self.inactive: set[str] = set()

    def add(self, unit: str, *accounts: str, parent: str | None = None) -> None:
        """Let there be a unit, below another."""
        self.units.setdefault(unit, []).extend(accounts)
        if parent is not None:
            self.children.setdefault(parent, []).append(unit)

    def accounts(self, organizational_unit: str) -> tuple[str, ...]:
        self._call("accounts", organizational_unit)
        return tuple(sorted(self.below(organizational_unit)))

    def below(self, unit: str) -> set[str]:
        if unit not in self.units:
            refuse("ListAccountsForParent", "ParentNotFoundException", f"no parent {unit}")
        found = set(self.units[unit]) - self.inactive - {ACCOUNT}
        return found.union(*(self.below(child) for child in self.children.get(unit, ())))


@dataclass
class FakeStackSet:
    seen: StackSet
    token: str
    instances: dict[Key, FakeInstance] = field(default_factory=dict)
    operations: dict[str, FakeOperation] = field(default_factory=dict)
    unsettled: list[FakeOperation] = field(default_factory=list)  # in the order of requests


class FakeStackSets(Faulty):
    def __init__(self, clock: FakeClock, organization: FakeOrganization) -> None:
        super().__init__(clock)
        self.organization = organization
        self.sets: dict[str, FakeStackSet] = {}  # by name
        self.failing: dict[Key | str, str] = {}  # reason by instance, account or region
        self.durations: dict[Key | str, float] = {}
        self.seconds = 60.0  # of an instance without a duration of its own
        self.drifted: dict[Key, tuple[InstanceDrift, ...]] = {}
        self.stacks: dict[str, Key] = {}  # live stacks by ARN; retained ones stay
        self.read_url: dict[str, str] = {}  # templates and lists of stacks
        self._numbers = iter(range(1, 100_000_000))

    # What tests arrange and look at.

    def add_stack(self, account: str, region: str, name: str = "camunda") -> str:
        """Let there be a stack that no StackSet knows, and return its ARN."""
        number = next(self._numbers)
        arn = f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{number:08d}"
        self.stacks[arn] = (account, region)
        return arn

    def deployed(self, name: str, account: str, region: str) -> Mapping[str, str] | None:
        """Return the parameters that the instance's stack was last deployed with."""
        instance = self._instance(name, account, region)
        return instance.deployed if instance else None

    # The StackSets protocol.

    def describe(self, name: str) -> StackSet | None:
        self._call("describe", name)
        return self.sets[name].seen if name in self.sets else None

    def create(self, request: StackSetRequest, token: str) -> str:
        self._call("create", {"request": request, "token": token})
        if request.name in self.sets:
            found = self.sets[request.name]
            if found.token == token:
                return found.seen.id
            refuse("CreateStackSet", "NameAlreadyExistsException", request.name)
        template = self._template(request, {})
        _check_parameters(template, request.parameters)
        id = f"{request.name}:{next(self._numbers):08d}"
        arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stackset/{id}"
        self.sets[request.name] = FakeStackSet(_as_asked(request, id, arn, template, ()), token)
        return id

    def update(
        self,
        request: StackSetRequest,
        places: Places | None,
        preferences: Preferences,
        token: str,
    ) -> str:
        self._call(
            "update",
            {
                "request": request,
                "places": places,
                "preferences": preferences,
                "token": token,
            },
        )
        found = self._known(request.name, "UpdateStackSet")
        if token in found.operations:
            return token
        old = found.seen
        template = self._template(request, old.template)
        parameters = request.parameters
        if not request.brings_content:  # UsePreviousTemplate, and UsePreviousValue for each
            if unknown := parameters.keys() - old.template.get("Parameters", {}).keys():
                said = "Cannot specify usePreviousValue as true for a parameter key not in the "
                said += f"previous template: {', '.join(sorted(unknown))}"
                refuse("UpdateStackSet", "ValidationError", said)
            parameters = {name: old.parameters[name] for name in parameters
                          if name in old.parameters}  # fmt: skip
        _check_parameters(template, parameters)
        keys = list(found.instances)
        units: dict[str, str] = {}
        if places is not None:
            keys, units = self._chosen(found, places, "UpdateStackSet")
            keys = _present(found, keys, places, "UpdateStackSet")
        self._check_free(found, "UpdateStackSet")
        if old.managed_execution != request.managed_execution and found.unsettled:
            refuse("UpdateStackSet", "InvalidOperationException", "operations are under way")
        if old.permission_model != request.permission_model and found.instances:
            refuse("UpdateStackSet", "ValidationError", "PermissionModel cannot be modified")
        found.seen = _as_asked(request, old.id, old.arn, template, old.organizational_units)
        found.seen = replace(found.seen, parameters=dict(parameters))
        if places is not None:  # AutoDeployment is not sent then
            found.seen = replace(found.seen, auto_deployment=old.auto_deployment)
        if request.brings_content:
            for instance in found.instances.values():
                if instance.seen.status == "CURRENT":
                    instance.seen = replace(instance.seen, status="OUTDATED")
            for operation in found.unsettled:
                operation.outdated = operation.course is not None
        keys = [key for key in keys if found.instances[key].seen.status != "INOPERABLE"]
        return self._begin(found, "UPDATE", token, keys, preferences, units=units)

    def delete(self, name: str) -> None:
        self._call("delete", name)
        if name in self.sets:
            found = self._known(name)
            if found.unsettled:
                refuse("DeleteStackSet", "OperationInProgressException", name)
            if found.instances:
                refuse("DeleteStackSet", "StackSetNotEmptyException", name)
            del self.sets[name]

    def instances(self, name: str) -> Iterator[StackInstance]:
        found = self._known(name) if name in self.sets else None
        for instance in self._pages("instances", name, found.instances.values() if found else ()):
            if after := instance.at(self._now, self.drifted):
                yield after.seen

    def instance(self, name: str, account: str, region: str) -> StackInstance | None:
        self._call("instance", (name, account, region))
        found = self._instance(name, account, region)
        return found.seen if found else None

    def overrides(self, name: str, account: str, region: str) -> Mapping[str, str] | None:
        self._call("overrides", (name, account, region))
        instance = self._instance(name, account, region)
        return dict(instance.overrides) if instance else None

    def create_instances(
        self,
        name: str,
        places: Places,
        overrides: Mapping[str, str],
        preferences: Preferences,
        token: str,
    ) -> str:
        return self._change("create", name, places, overrides, preferences, token)

    def update_instances(
        self,
        name: str,
        places: Places,
        overrides: Mapping[str, str],
        preferences: Preferences,
        token: str,
    ) -> str:
        return self._change("update", name, places, overrides, preferences, token)

    def delete_instances(
        self, name: str, places: Places, *, retain: bool, preferences: Preferences, token: str
    ) -> str:
        self._call(
            "delete_instances",
            {
                "name": name,
                "places": places,
                "retain": retain,
                "preferences": preferences,
                "token": token,
            },
        )
        found = self._known(name, "DeleteStackInstances")
        if token in found.operations:
            return token
        keys, units = self._chosen(found, places, "DeleteStackInstances")
        self._check_free(found, "DeleteStackInstances")
        keys = [key for key in keys if key in found.instances]
        return self._begin(found, "DELETE", token, keys, preferences, units=units, retain=retain)

    def import_stacks(
        self,
        name: str,
        stack_ids: Sequence[str],
        organizational_units: Sequence[str],
        preferences: Preferences,
        token: str,
        *,
        stack_ids_url: str | None = None,
    ) -> str:
        self._call(
            "import_stacks",
            {
                "name": name,
                "stack_ids": tuple(stack_ids),
                "organizational_units": tuple(organizational_units),
                "preferences": preferences,
                "token": token,
                "stack_ids_url": stack_ids_url,
            },
        )
        operation = "ImportStacksToStackSet"
        found = self._known(name, operation)
        if token in found.operations:
            return token
        if not stack_ids_url and len(stack_ids) > MAX_IMPORT:
            refuse(operation, "LimitExceededException", f"more than {MAX_IMPORT} stacks")
        ids = self.read_url[stack_ids_url].split() if stack_ids_url else stack_ids
        units = self._by_unit(organizational_units)
        taken = {instance.seen.stack_id for each in self.sets.values()
                 for instance in each.instances.values()}  # fmt: skip
        for id in ids:
            if id not in self.stacks:
                refuse(operation, "StackNotFoundException", id)
            if id in taken:
                refuse(operation, "InvalidOperationException", f"{id} belongs to a StackSet")
            if found.seen.permission_model == "SERVICE_MANAGED" and self.stacks[id][0] not in units:
                refuse(operation, "ValidationError", f"{id} is in none of the units")
        self._check_free(found, operation)
        imports = {self.stacks[id]: id for id in ids}
        return self._begin(
            found, "IMPORT", token, list(imports), preferences, units=units, imports=imports
        )

    def detect_drift(self, name: str, preferences: Preferences, token: str) -> str:
        self._call("detect_drift", {"name": name, "preferences": preferences, "token": token})
        found = self._known(name, "DetectStackSetDrift")
        if token in found.operations:
            return token
        self._check_free(found, "DetectStackSetDrift")
        keys = [key for key, instance in found.instances.items() if instance.seen.stack_id]
        return self._begin(found, "DETECT_DRIFT", token, keys, preferences)

    def drifts(
        self, name: str, account: str, region: str, operation: str
    ) -> tuple[InstanceDrift, ...]:
        self._call("drifts", (name, account, region, operation))
        instance = self._instance(name, account, region)
        return instance.drifts if instance and instance.drift_operation == operation else ()

    def operation(self, name: str, operation: str) -> Operation | None:
        self._call("operation", (name, operation))
        found = self._known(name).operations.get(operation) if name in self.sets else None
        return found.told(self._now) if found else None

    def operations(self, name: str) -> Iterator[Operation]:
        found = self._known(name).operations.values() if name in self.sets else ()
        for operation in self._pages("operations", name, reversed(list(found))):
            yield operation.told(self._now)

    def results(self, name: str, operation: str) -> Iterator[OperationResult]:
        found = self._known(name).operations.get(operation) if name in self.sets else None
        keys = found.keys if found else []
        for key in self._pages("results", (name, operation), keys):
            assert found
            status, reason = found.result(key, self._now)
            yield OperationResult(*key, status, reason, found.units.get(key[0]))

    def stop(self, name: str, operation: str) -> None:
        self._call("stop", (name, operation))
        found = self._known(name, "StopStackSetOperation")
        one = found.operations.get(operation)
        if one is None:
            refuse("StopStackSetOperation", "OperationNotFoundException", operation)
        if one not in found.unsettled:
            refuse("StopStackSetOperation", "InvalidOperationException", "it has ended")
        one.stopped = True
        if one.course:
            one.course.stop(self._now)
        else:
            found.unsettled.remove(one)
        self._advance(found)

    def _instance(self, name: str, account: str, region: str) -> FakeInstance | None:
        if name not in self.sets:
            return None
        instance = self._known(name).instances.get((account, region))
        return instance.at(self._now, self.drifted) if instance else None

    # How operations begin, go on and end.

    @property
    def _now(self) -> float:
        return (self.clock.now() - START).total_seconds()

    def _known(self, name: str, operation: str = "DescribeStackSet") -> FakeStackSet:
        if name not in self.sets:
            refuse(operation, "StackSetNotFoundException", f"StackSet {name} not found")
        self._advance(self.sets[name])
        return self.sets[name]

    def _change(
        self,
        verb: str,
        name: str,
        places: Places,
        overrides: Mapping[str, str],
        preferences: Preferences,
        token: str,
    ) -> str:
        self._call(
            f"{verb}_instances",
            {
                "name": name,
                "places": places,
                "overrides": dict(overrides),
                "preferences": preferences,
                "token": token,
            },
        )
        operation = f"{verb.title()}StackInstances"
        found = self._known(name, operation)
        if token in found.operations:
            return token
        keys, units = self._chosen(found, places, operation)
        _check_parameters(found.seen.template, overrides)
        if verb == "update":
            keys = _present(found, keys, places, operation)
        self._check_free(found, operation)
        if verb == "create":
            chosen = dict.fromkeys((*found.seen.organizational_units, *places.organizational_units))
            found.seen = replace(found.seen, organizational_units=tuple(chosen))
        given = dict(overrides) if overrides or verb == "update" else None
        return self._begin(
            found, verb.upper(), token, keys, preferences, units=units, overrides=given
        )

    def _begin(
        self,
        found: FakeStackSet,
        action: str,
        token: str,
        keys: list[Key],
        preferences: Preferences,
        **more: Any,
    ) -> str:
        operation = FakeOperation(token, action, self.clock.now(), keys, preferences, **more)
        found.operations[token] = operation
        found.unsettled.append(operation)
        self._start(found, self._now)
        return token

    def _advance(self, found: FakeStackSet) -> None:
        """Settle what has ended, in that order, and start what waited for it."""
        while ended := [each for each in found.unsettled if each.ended(self._now)]:
            first = min(ended, key=lambda each: each.ends)
            for key in first.keys:
                instance = found.instances.get(key)
                if instance is None:
                    continue
                after = instance.at(self._now, self.drifted)
                if after is None:
                    del found.instances[key]
                    if not first.retain and instance.seen.stack_id:
                        self.stacks.pop(instance.seen.stack_id, None)
                else:
                    found.instances[key] = replace(after, by=None)
                    if after.seen.stack_id:
                        self.stacks[after.seen.stack_id] = key
            found.unsettled.remove(first)
            self._start(found, first.ends)

    def _start(self, found: FakeStackSet, at: float) -> None:
        """Start what waits, in request order, as long as nothing before it touches the same."""
        busy: set[Key] = set()
        for operation in found.unsettled:
            if operation.course is None:
                if not busy.isdisjoint(operation.keys):
                    return
                self._run(found, operation, at)
            busy.update(operation.keys)

    def _run(self, found: FakeStackSet, operation: FakeOperation, at: float) -> None:
        keys = operation.keys
        reasons = (
            {} if operation.retain else {key: _scripted(self.failing, key, "") for key in keys}
        )
        seconds = {key: _scripted(self.durations, key, self.seconds) for key in keys}
        operation.course = course(keys, operation.preferences, at, reasons, seconds)
        operation.parameters = found.seen.parameters
        for key in keys:
            if key not in found.instances and operation.action in ("CREATE", "IMPORT"):
                unit = operation.units.get(key[0])
                seen = StackInstance(*key, "OUTDATED", "PENDING", "", None, unit)
                found.instances[key] = FakeInstance(seen)
            if key in found.instances:
                found.instances[key].by = operation

    # What requests mean, and which are refused.

    def _chosen(
        self, found: FakeStackSet, places: Places, operation: str
    ) -> tuple[list[Key], dict[str, str]]:
        """Return the instances that places mean, and which unit each account was chosen by."""
        units = self._by_unit(places.organizational_units)
        if not places.regions:
            refuse(operation, "ValidationError", "Regions are required")
        if found.seen.permission_model == "SELF_MANAGED":
            if places.organizational_units or not places.accounts:
                refuse(operation, "ValidationError", "SELF_MANAGED StackSets take Accounts")
            accounts = set(places.accounts)
        else:
            if not places.organizational_units:
                refuse(operation, "ValidationError", "OrganizationalUnitIds are required")
            if len(places.organizational_units) > MAX_UNITS:
                refuse(operation, "ValidationError", f"more than {MAX_UNITS} units")
            if places.accounts and not places.account_filter:
                refuse(operation, "ValidationError", "AccountFilterType is required")
            named, accounts = set(places.accounts), set(units)
            match places.account_filter:
                case "INTERSECTION":
                    accounts &= named
                case "DIFFERENCE":
                    accounts -= named
                case "UNION":
                    accounts |= named
        order = sorted(accounts)
        return [(account, region) for region in places.regions for account in order], units

    def _by_unit(self, units: Sequence[str]) -> dict[str, str]:
        return {account: unit for unit in units for account in self.organization.below(unit)}

    def _check_free(self, found: FakeStackSet, operation: str) -> None:
        if found.unsettled and not found.seen.managed_execution:
            refuse(operation, "OperationInProgressException", found.unsettled[0].id)

    def _template(self, request: StackSetRequest, previous: Mapping[str, Any]) -> Mapping[str, Any]:
        body = self.read_url[request.url] if request.url else request.body
        return json.loads(body) if body else previous

    def _pages(self, method: str, what: Any, items: Iterable[Item]) -> Iterator[Item]:
        """Yield items, with a call every hundred of them, as the pages are asked for."""
        self._call(method, what)
        for number, item in enumerate(list(items)):
            if number and number % PAGE == 0:
                self._call(method, what)
            yield item


def refuse(operation: str, code: str, message: str) -> NoReturn:
    """Refuse as AWS does, in the words that the product has for it."""
    plain = Refused("CAM606", f"cloudformation:{operation}: {message}", None, code)
    raise stack_set_refusal(operation, code, message) or plain


def _present(found: FakeStackSet, keys: list[Key], places: Places, operation: str) -> list[Key]:
    """Return those that exist; accounts that are named must."""
    for key in keys:
        if key not in found.instances and not places.organizational_units:
            refuse(operation, "StackInstanceNotFoundException", f"no instance {'/'.join(key)}")
    return [key for key in keys if key in found.instances]


def _check_parameters(template: Mapping[str, Any], given: Mapping[str, str]) -> None:
    if unknown := given.keys() - template.get("Parameters", {}).keys():
        names = ", ".join(sorted(unknown))
        refuse("StackSet", "ValidationError", f"Parameters: [{names}] do not exist in the template")


def _scripted(script: Mapping[Key | str, Item], key: Key, default: Item) -> Item:
    """Return what is scripted for an instance, its account or its region."""
    account, region = key
    return script.get(key, script.get(account, script.get(region, default)))


def _as_asked(
    request: StackSetRequest,
    id: str,
    arn: str,
    template: Mapping[str, Any],
    units: tuple[str, ...],
) -> StackSet:
    automatic = request.auto_deployment
    if request.permission_model == "SERVICE_MANAGED" and automatic is None:
        automatic = AutoDeployment(enabled=False, retain_stacks=False)
    return StackSet(
        name=request.name,
        id=id,
        arn=arn,
        status="ACTIVE",
        description=request.description,
        template=template,
        parameters=dict(request.parameters),
        capabilities=request.capabilities,
        tags=dict(request.tags),
        permission_model=request.permission_model,
        administration_role_arn=request.administration_role_arn,
        execution_role_name=request.execution_role_name,
        managed_execution=request.managed_execution,
        auto_deployment=automatic,
        organizational_units=units,
    )
