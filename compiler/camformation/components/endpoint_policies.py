"""Policies of VPC endpoints: the principals and credentials that may use them."""

from typing import Any

from awacs.aws import Action, Allow, Condition, Principal, Statement, StringEquals
from troposphere import AccountId, Sub

from camformation.components.policies import document
from camformation.frozen import frozen

# Layers of images in Amazon ECR, by signed URLs of ECR's own account (Amazon ECR User Guide,
# Interface VPC endpoints, Minimum Amazon S3 bucket permissions for Amazon ECR).
LAYERS = "prod-${AWS::Region}-starport-layer-bucket"


@frozen
class EndpointPoliciesSpec:
    """`network.endpoint_policies`: the policies of the deployment's endpoints."""

    buckets: tuple[str, ...]  # of other owners, which tasks read without this account's credentials


def own_account() -> Any:
    """Allow only this account's principals, so that other credentials are useless inside the
    VPC."""
    return document([_principals()])


def own_account_and_buckets(spec: EndpointPoliciesSpec) -> Any:
    """Do the same for Amazon S3, but allow everybody to read layers of images and the named
    buckets."""
    named = [Sub(f"arn:${{AWS::Partition}}:s3:::{LAYERS}/*")]
    named += [
        Sub("arn:${AWS::Partition}:s3:::${Bucket}/*", Bucket=bucket) for bucket in spec.buckets
    ]
    read = Statement(
        Sid="ReadImagesAndNamedBuckets",
        Effect=Allow,
        Principal=Principal("*"),
        Action=[Action("s3", "GetObject")],
        Resource=named,
    )
    return document([_principals(), read])


def _principals() -> Statement:
    return Statement(
        Sid="OwnAccount",
        Effect=Allow,
        Principal=Principal("*"),
        Action=[Action("*")],
        Resource=["*"],
        Condition=Condition([StringEquals("aws:PrincipalAccount", AccountId)]),
    )
