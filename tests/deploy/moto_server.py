"""moto's server: StackSets over HTTP, in as many accounts as a test names.

moto's StackSets are thin. `_mend` adds what AWS documents and the deployer relies on:

- OperationId is the operation's id, and a known one begins nothing again; moto makes up its own.
- A name is taken once, and a repeated ClientRequestToken is the same request.
- Capabilities, ManagedExecution and AutoDeployment are described as they were sent.
- An instance has the id of its stack; one that is missing is an error, and not a crash.
- ParameterOverrides are what an instance overrides; its stack gets the StackSet's parameters too.
- Updates reach the stacks of instances, keep overrides, and replace parameters and tags.
- RetainStacks leaves stacks alone.
- Operations are listed newest first, and end when they do.
- A change set is made on a stack that is named by its id, too.
- Templates that are JSON are read as JSON. YAML in Python takes a hundred times as long.

What stays different: operations end at once, and none fails; OperationPreferences and CallAs mean
nothing; lists have one page; service-managed StackSets know units two levels deep, know no account
filter, and cannot be deleted by unit; a changed parameter reaches only resources that Ref it; drift
detection and import do not exist, and answer with a page of HTML.
"""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

ACCOUNT = "123456789012"  # whose credentials moto takes any to be


@contextmanager
def running() -> Iterator[str]:
    """Run the server in a thread of this process; its address."""
    _do_without_openapi()
    _do_without_instance_types()
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _mend()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def reset() -> None:
    """Forget everything."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()


def _do_without_openapi() -> None:
    """Stand in for what only imports of API Gateway need, with all that it needs itself."""
    names = ("", ".validation", ".validation.exceptions")
    modules = [ModuleType(f"openapi_spec_validator{name}") for name in names]
    modules[0].validate = None  # type: ignore[attr-defined]
    modules[2].OpenAPIValidationError = Exception  # type: ignore[attr-defined]
    for module in modules:
        sys.modules.setdefault(module.__name__, module)


def _do_without_instance_types() -> None:
    """Leave out the catalogue of EC2's instances, 80 MB that only tests with instances need."""
    utils: Any = import_module("moto.utilities.utils")
    load = utils.load_resource
    utils.load_resource = lambda file: {} if "/instance_type" in file else load(file)


def _mend() -> None:
    from moto.cloudformation import models, responses

    _mend_reading(models)
    _mend_reading(responses)
    _mend_requests(responses.CloudFormationResponse)
    _mend_instances(models)
    _mend_operations(models)
    _mend_change_sets(models.CloudFormationBackend)


def _mend_reading(module: Any) -> None:
    module.yaml = _JsonFirst(module.yaml)


class _JsonFirst:
    """PyYAML, but for JSON."""

    def __init__(self, yaml: Any) -> None:
        self._yaml = yaml

    def __getattr__(self, name: str) -> Any:
        return getattr(self._yaml, name)

    def load(self, text: str, Loader: Any) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            return self._yaml.load(text, Loader=Loader)


def _mend_requests(responses: Any) -> None:
    from moto.cloudformation.exceptions import CloudFormationError
    from moto.core.responses import ActionResult

    class NameAlreadyExists(CloudFormationError):
        code = "NameAlreadyExistsException"

    def found(self: Any) -> Any:
        return self.cloudformation_backend.describe_stack_set(self._get_param("StackSetName"))

    def describe_as_sent(self: Any) -> None:
        stack_set = found(self)
        stack_set.capabilities = self._get_param("Capabilities", [])
        stack_set.managed_execution = self._get_param("ManagedExecution", {"Active": False})
        automatic = self._get_param("AutoDeployment")
        if automatic or not hasattr(stack_set, "auto_deployment"):
            stack_set.auto_deployment = automatic

    create = responses.create_stack_set

    def create_stack_set(self: Any) -> Any:
        name, token = self._get_param("StackSetName"), self._get_param("ClientRequestToken")
        for taken in self.cloudformation_backend.list_stack_sets():
            if taken.name == name and taken.status != "DELETED":
                if taken.token == token:
                    return ActionResult({"StackSetId": taken.id})
                raise NameAlreadyExists(f"StackSet {name} already exists")
        answer = create(self)
        describe_as_sent(self)
        found(self).token = token
        return answer

    def under_its_id(original: Callable[[Any], Any], *, describes: bool = False) -> Any:
        def begin(self: Any) -> Any:
            stack_set, token = found(self), self._get_param("OperationId")
            if token not in [operation["OperationId"] for operation in stack_set.operations]:
                if self._get_param("RetainStacks") in (True, "true"):
                    for instance in stack_set.instances.stack_instances:
                        instance.delete = lambda: None
                original(self)
                stack_set.operations[-1]["OperationId"] = token
                for instance in stack_set.instances.stack_instances:
                    vars(instance).pop("delete", None)
                if describes:
                    describe_as_sent(self)
            return ActionResult({"OperationId": token})

        return begin

    responses.create_stack_set = create_stack_set
    responses.update_stack_set = under_its_id(responses.update_stack_set, describes=True)
    for verb in ("create", "update", "delete"):
        method = f"{verb}_stack_instances"
        setattr(responses, method, under_its_id(getattr(responses, method)))


def _mend_instances(models: Any) -> None:
    from moto.cloudformation.exceptions import StackInstanceNotFound

    instances, one, stack_set = models.StackInstances, models.StackInstance, models.StackSet
    create, change, told = instances.create_instances, instances.update, one.to_dict
    update, describe = stack_set.update, models.CloudFormationBackend.describe_stack_instance

    def merged(self: Any, overrides: list[dict[str, str]]) -> list[dict[str, str]]:
        declared = json.loads(self.template).get("Parameters", {})
        values = {name: each["Default"] for name, each in declared.items() if "Default" in each}
        values |= self.parameters
        values |= {each["ParameterKey"]: each["ParameterValue"] for each in overrides}
        return [{"ParameterKey": key, "ParameterValue": values[key]} for key in values]

    def deploy(self: Any, instance: Any) -> None:
        instance.template = self.template
        models.cloudformation_backends[instance.account_id][instance.region_name].update_stack(
            instance.stack.name, self.template, None, merged(self, instance.parameters), None
        )

    def create_instances(
        self: Any, accounts: Any, regions: Any, parameters: Any, *rest: Any, **more: Any
    ) -> Any:
        overrides = parameters if isinstance(parameters, list) else []
        before = list(self.stack_instances)
        create(self, accounts, regions, merged(self, overrides), *rest, **more)
        made = [instance for instance in self.stack_instances if instance not in before]
        for instance in made:
            instance.parameters = list(overrides)
        return [instance.to_dict() for instance in made]

    def update_instances(self: Any, accounts: Any, regions: Any, parameters: Any) -> None:
        change(self, accounts, regions, parameters)
        for instance in self.stack_instances:
            if instance.account_id in accounts and instance.region_name in regions:
                deploy(self, instance)

    def update_stack_set(self: Any, **sent: Any) -> Any:
        accounts, regions = sent.pop("accounts"), sent.pop("regions")
        operation = update(self, **sent, accounts=[], regions=[])
        self.parameters, self.tags = sent["parameters"], sent["tags"]
        self.instances.template, self.instances.parameters = self.template, self.parameters
        for instance in self.instances.stack_instances:
            place = {instance.account_id: instance.region_name}
            if not accounts or (
                instance.account_id in accounts and instance.region_name in regions
            ):
                operation["Instances"].append(place)
                if self.permission_model == "SELF_MANAGED":
                    deploy(self.instances, instance)
        return operation

    def describe_stack_instance(self: Any, name: str, account: str, region: str) -> Any:
        if self.describe_stack_set(name).instances.get_instance(account, region) is None:
            raise StackInstanceNotFound
        return describe(self, name, account, region)

    instances.create_instances, instances.update = create_instances, update_instances
    one.to_dict = lambda self: told(self) | {"StackId": self.stack.stack_id}
    stack_set.update = update_stack_set
    models.CloudFormationBackend.describe_stack_instance = describe_stack_instance


def _mend_operations(models: Any) -> None:
    create, listed = models.StackSet._create_operation, models.CloudFormationBackend

    def create_operation(self: Any, *arguments: Any, **named: Any) -> Any:
        operation = create(self, *arguments, **named)
        operation["EndTimestamp"] = operation["CreationTimestamp"]
        return operation

    oldest_first = listed.list_stack_set_operations
    models.StackSet._create_operation = create_operation
    models.StackSet.managed_execution = {"Active": False}  # no longer a property
    listed.list_stack_set_operations = lambda self, name: oldest_first(self, name)[::-1]


def _mend_change_sets(backend: Any) -> None:
    create = backend.create_change_set

    def create_change_set(self: Any, stack_name: str, *rest: Any, **more: Any) -> Any:
        stack = self.stacks.get(stack_name)
        return create(self, stack.name if stack else stack_name, *rest, **more)

    backend.create_change_set = create_change_set
