"""Orders for the followed operation: cancel it, or delete its stack."""

from collections.abc import Iterator

from camformation.deploy.cloud.errors import DeployError, Refused
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.services import ServiceState
from camformation.deploy.operation.events import Notice
from camformation.deploy.operation.interrupt import Choice, choices
from camformation.deploy.operation.stack_tree import StackTree


class Orders:
    """Gives orders about one stack. `kind` is the kind of operation that they lead to."""

    def __init__(
        self, cloud: Cloud, clock: Clock, tree: StackTree, kind: str, role_arn: str | None
    ) -> None:
        self.kind = kind
        self._cloud = cloud
        self._clock = clock
        self._tree = tree
        self._role_arn = role_arn

    def give(self, choice: Choice | None, why: str = "") -> Iterator[Notice]:
        """Carry out a choice, if it is possible for this kind of operation."""
        if choice not in {each for each, _ in choices(self.kind)} - {Choice.CONTINUE}:
            return
        stack_id = self._tree.root.stack_id
        stacks = self._cloud.stacks
        try:
            if choice is Choice.CANCEL:
                stacks.cancel_update(stack_id)
                said = "the update is being cancelled; CloudFormation rolls back"
                self.kind = "ROLLBACK"
            else:
                token = f"delete-{stack_id.rpartition('/')[2]}"[:128]
                self._tree.deleting = True
                stacks.delete_stack(stack_id, role_arn=self._role_arn, client_token=token)
                said = "the stack is being deleted; resources that its template retains are kept"
                self.kind = "DELETE"
        except Refused as error:
            yield Notice(
                time=self._clock.now(),
                code="CAM635",
                message=f"{why}not possible now: {error.message}",
                hint=error.hint,
            )
        else:
            yield Notice(time=self._clock.now(), code="CAM635", message=why + said, warning=False)

    def stop(self, state: ServiceState) -> Iterator[Notice]:
        """Have ECS roll back a service's deployment.

        Otherwise a cancelled update waits until ECS gives up the deployment. If ECS refuses, the
        cancellation does the same, later.
        """
        if state.current_deployment is None:
            return
        try:
            self._cloud.services.stop_deployment(state.current_deployment)
            said, hint, warning = f"ECS rolls back the deployment of {state.name}", None, False
        except DeployError as error:
            said, hint = f"cannot stop the deployment of {state.name}: {error.message}", error.hint
            warning = True
        yield Notice(
            time=self._clock.now(), code="CAM784", message=said, hint=hint, warning=warning
        )
