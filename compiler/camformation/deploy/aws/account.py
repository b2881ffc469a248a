"""The queries about an account, over boto3."""

from collections.abc import Callable
from functools import partial

from camformation.deploy.aws.client import Client
from camformation.deploy.aws.domains import AwsDomains
from camformation.deploy.aws.names import AwsNames
from camformation.deploy.aws.offers import AwsEngines, AwsRegistries
from camformation.deploy.aws.permissions import AwsPermissions
from camformation.deploy.aws.plans import REGION, AwsPlans
from camformation.deploy.aws.quotas import AwsQuotas
from camformation.deploy.aws.references import AwsReferences
from camformation.deploy.aws.secret_values import AwsSecretValues
from camformation.deploy.aws.vpcs import AwsVpcs
from camformation.deploy.cloud.account import Account


def account(client: Callable[[str], Client], elsewhere: Callable[[str, str], Client]) -> Account:
    """Return the queries; `elsewhere` creates a service's client of another region."""
    ec2 = client("ec2")
    return Account(
        plans=AwsPlans(elsewhere("freetier", REGION)),
        quotas=AwsQuotas(
            client("service-quotas"),
            client("cloudwatch"),
            ec2,
            client("elbv2"),
            client("efs"),
            client("rds"),
            client("iam"),
            client("logs"),
        ),
        permissions=AwsPermissions(client("iam")),
        vpcs=AwsVpcs(ec2),
        engines=AwsEngines(client("rds")),
        registries=AwsRegistries(partial(elsewhere, "ecr")),
        domains=AwsDomains(client("acm"), client("acm-pca"), client("route53")),
        secrets=AwsSecretValues(client("secretsmanager"), client("ssm"), client("kms")),
        names=AwsNames(client("logs"), client("ecs"), client("servicediscovery"), client("backup")),
        references=AwsReferences(
            client("rds"),
            client("efs"),
            client("s3"),
            client("sns"),
            client("amp"),
            client("backup"),
        ),
    )
