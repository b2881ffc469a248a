"""The outputs of a deployment's root stack."""

import re
from collections.abc import Iterable, Mapping

from camformation.closeness import closest
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Stacks
from camformation.deploy.live_stack.deployed import not_deployed


def stack_outputs(stacks: Stacks, name: str) -> Mapping[str, str]:
    """Return a deployment's outputs by key, in the order of their keys.

    Raises DeployError if nothing of that name is deployed, or if its creation failed, because then
    there are no outputs.
    """
    stack = stacks.describe_stack(name)
    if stack is None or stack.status in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        raise not_deployed(name)
    if not stack.outputs:
        hint = "see `camformation watch`" if stack.in_progress else "see `camformation timeline`"
        raise DeployError("CAM683", f"{name} has no outputs; it is {stack.status}", hint)
    return dict(sorted(stack.outputs.items()))


def chosen(outputs: Mapping[str, str], keys: Iterable[str]) -> Mapping[str, str]:
    """Return the outputs of these keys (all, if none is given), in the given order.

    A key may also be the name of its environment variable. Raises DeployError for unknown ones.
    """
    wanted = list(keys)
    if not wanted:
        return outputs
    written = {variable(key): key for key in outputs} | {key: key for key in outputs}
    unknown = [key for key in wanted if key not in written]
    if unknown:
        near = [match for key in unknown if (match := closest(key, written))]
        near = list(dict.fromkeys(written[match] for match in near))
        hint = (
            f"did you mean {', '.join(near)}?" if near else f"the outputs are {', '.join(outputs)}"
        )
        raise DeployError("CAM684", f"there is no output {', '.join(unknown)}", hint)
    return {written[key]: outputs[written[key]] for key in wanted}


def variable(key: str) -> str:
    """Return the environment variable of an output: `EcsClusterName` is `ECS_CLUSTER_NAME`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", key).upper()
