"""The restriction of grants for the deployment's KMS keys."""

from awacs.aws import Action, BoolIfExists, Condition, Deny, Principal, Statement
from troposphere.kms import Key

from camformation.units import Assembly


def limit_kms_grants(assembly: Assembly, *, limited: bool) -> None:
    """Allow only AWS services to create grants for every key of the deployment, if grants are
    limited.

    The statement is the one that AWS Control Tower's hook looks for (AWS Control Tower Controls
    Reference, CT.KMS.PR.3).
    """
    if not limited:
        return
    statement = Statement(
        Sid="OnlyAwsServicesGrant",
        Effect=Deny,
        Principal=Principal("*"),
        Action=[Action("kms", "CreateGrant")],
        Resource=["*"],
        Condition=Condition(
            BoolIfExists(
                {"kms:GrantIsForAWSResource": "false", "aws:PrincipalIsAWSService": "false"}
            )
        ),
    )
    for unit in assembly.units:
        for resource in unit.resources.values():
            if isinstance(resource, Key):
                resource.KeyPolicy.Statement.append(statement)
