"""The administrator's password, read from Secrets Manager."""

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Secrets, Stacks
from camformation.deploy.live_stack.outputs import stack_outputs

OUTPUT = "AdminPasswordSecretArn"


def admin_password(stacks: Stacks, secrets: Secrets, name: str) -> str:
    """Return the administrator's current password of a deployment from Secrets Manager.

    Raises DeployError if nothing is deployed, if the deployment has no such secret, or if the
    caller may not read it.
    """
    arn = stack_outputs(stacks, name).get(OUTPUT)
    if arn is None:
        raise DeployError(
            "CAM685",
            f"{name} has no administrator password: its users log in through the identity provider",
            "log in with the identity provider; see `authentication.mode` in the spec",
        )
    return secrets.value(arn)
