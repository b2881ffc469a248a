"""A deployment's place, and the names that CloudFormation generates there."""

from camformation.frozen import frozen

SURE = 20
"""Characters of the stack's name that a generated name keeps: CloudFormation shortens both parts of
a name of at most 63 characters to no less than 24 (cloudformation-cli, IdentifierUtils)."""

SURE_OF_32 = 5
"""The same for names of at most 32 characters, those of load balancers and target groups."""

UNDER_STACK = 60  # of a nested stack's name, whose limit is 128


@frozen
class Place:
    """A deployment's place: unknown parts are pseudo parameters of CloudFormation."""

    stack: str
    partition: str = "${AWS::Partition}"
    region: str = "*"
    account: str = "${AWS::AccountId}"
    artifact_bucket: str | None = None

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in the account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def global_arn(self, service: str, resource: str, account: str = "") -> str:
        """Return an ARN of a service without regions."""
        return f"arn:{self.partition}:{service}::{account}:{resource}"

    def filled(self, text: str) -> str:
        """Return text with known values in place of pseudo parameters."""
        for name, value in (
            ("Partition", self.partition),
            ("Region", self.region),
            ("AccountId", self.account),
        ):
            text = text.replace(f"${{AWS::{name}}}", value)
        return text

    def named(self, sure: int = SURE, *, lower: bool = False) -> str:
        """Return the pattern of names that CloudFormation generates in these stacks."""
        name = self.stack.lower() if lower else self.stack
        whole, cut, _ = name.partition("--")  # generated names have no double hyphen
        if cut or len(whole) >= sure:
            return f"{whole[:sure]}*"
        return f"{whole}-*"
