"""A CloudFormation template of the policies, and of a service role if requested."""

from collections.abc import Iterable
from typing import Any

from awacs.aws import Action, Allow, PolicyDocument, Principal, Statement
from troposphere import (
    And,
    Condition,
    Equals,
    GetAtt,
    If,
    Not,
    NoValue,
    Output,
    Parameter,
    Ref,
    Sub,
    Template,
)
from troposphere.iam import ManagedPolicy, PolicyType, Role

from camformation.deploy.preflight.policy import CALLER, Policy

CALLER_ROLE, SERVICE_ROLE = "CallerRole", "ServiceRoleName"


def policy_template(name: str, policies: Iterable[Policy]) -> dict[str, Any]:
    """Return a template that creates the policies and attaches them according to its parameters."""
    template = Template(Description=f"Permissions to deploy {name} with camformation")
    template.set_version("2010-09-09")
    template.add_parameter(
        Parameter(
            CALLER_ROLE,
            Type="String",
            Default="",
            Description="The name of the role that runs camformation, to attach policies to",
        )
    )
    template.add_parameter(
        Parameter(
            SERVICE_ROLE,
            Type="String",
            Default="",
            Description="The name of a new service role for CloudFormation; none if empty",
        )
    )
    template.add_condition("HasCaller", Not(Equals(Ref(CALLER_ROLE), "")))
    template.add_condition("HasServiceRole", Not(Equals(Ref(SERVICE_ROLE), "")))
    template.add_condition(
        "CallerHasAll", And(Condition("HasCaller"), Not(Condition("HasServiceRole")))
    )
    of_resources = []
    for policy in policies:
        title = _title(policy.name.removeprefix(name))
        attached = "HasCaller" if policy.part == CALLER else "CallerHasAll"
        made = template.add_resource(
            ManagedPolicy(
                title,
                ManagedPolicyName=policy.name,
                Description=f"For {policy.part}: deployment of {name}",
                PolicyDocument=_substituted(policy.document),
                Roles=If(attached, [Ref(CALLER_ROLE)], NoValue),
            )
        )
        if policy.part != CALLER:
            of_resources.append(Ref(made))
    role = template.add_resource(
        Role(
            "ServiceRole",
            Condition="HasServiceRole",
            RoleName=Ref(SERVICE_ROLE),
            AssumeRolePolicyDocument=PolicyDocument(
                Version="2012-10-17",
                Statement=[
                    Statement(
                        Effect=Allow,
                        Action=[Action("sts", "AssumeRole")],
                        Principal=Principal("Service", "cloudformation.amazonaws.com"),
                    )
                ],
            ),
            ManagedPolicyArns=of_resources,
        )
    )
    template.add_condition("PassesRole", And(Condition("HasCaller"), Condition("HasServiceRole")))
    template.add_resource(
        PolicyType(
            "PassServiceRole",
            Condition="PassesRole",
            PolicyName="PassServiceRole",
            Roles=[Ref(CALLER_ROLE)],
            PolicyDocument={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["iam:PassRole"],
                        "Resource": [GetAtt(role, "Arn")],
                        "Condition": {
                            "StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}
                        },
                    }
                ],
            },
        )
    )
    template.add_output(
        Output(
            "ServiceRoleArn",
            Condition="HasServiceRole",
            Description="For `stack.service_role_arn` of the spec",
            Value=GetAtt(role, "Arn"),
        )
    )
    return dict(template.to_dict())


def _title(name: str) -> str:
    return "".join(each.capitalize() for each in name.split("-"))


def _substituted(value: Any) -> Any:
    """Return a value in which CloudFormation fills in the unknown parts."""
    if isinstance(value, dict):
        return {key: _substituted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_substituted(each) for each in value]
    return Sub(value) if isinstance(value, str) and "${AWS::" in value else value
