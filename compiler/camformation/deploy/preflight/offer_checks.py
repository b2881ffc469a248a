"""Checks of offers: the database's engine and class, images."""

import re
from collections.abc import Iterator, Sequence

from camformation.components.ecr import ecr_repository
from camformation.deploy.cloud.account import EngineVersion
from camformation.deploy.preflight.facts import UsedImage, images, literal
from camformation.deploy.preflight.model import Result, Situation, no, ok, skipped
from camformation.deploy.preflight.subnet_checks import database_field, known_zones, subnet_ids
from camformation.deploy.preflight.template_values import bodies

SERVERLESS = "db.serverless"
ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
"""ECS's name of an architecture, and that of image indexes (OCI Image Index Specification)."""


def engine(s: Situation) -> Iterator[Result]:
    """Whether the region offers the database's engine version with the class of its instances."""
    found_in = bodies(s.templates, "AWS::RDS::DBCluster", "AWS::RDS::DBInstance")
    kinds = [each for _, each in found_in]
    name = next((str(each.get("Engine", "")) for each in kinds if "EngineVersion" in each), "")
    version = s.deployment.database.engine_version
    found = [literal(s.templates, each.get("DBInstanceClass")) for each in kinds]
    classes = sorted({each for each in found if isinstance(each, str) and each})
    if not name:
        return
    offered = s.account.engines.versions(name, str(version))
    if not offered:
        yield no(
            f"{s.cloud.region} does not offer {name} {version}",
            f"`aws rds describe-db-engine-versions --engine {name} --query "
            "DBEngineVersions[].EngineVersion` lists the versions",
            version,
            certain=s.first,
        )
        return
    yield from _unfit(s, name, offered)
    for each in classes:
        offers = s.account.engines.orderable(name, str(version), each)
        zones = sorted({zone for offer in offers for zone in offer.zones})
        places = database_zones(s) if zones else set()
        if places and places.isdisjoint(zones):
            yield no(
                f"RDS offers {name} {version} with {each} in {', '.join(zones)}, and the subnets "
                f"of the database are in {', '.join(sorted(places))}",
                "choose another class, or subnets in one of these zones",
                ("database", "serverless" if each == SERVERLESS else "instance_class"),
            )
        elif offers:
            yield ok(f"{name} {version} with {each} in {', '.join(zones) or s.cloud.region}")
        else:
            yield no(
                f"{s.cloud.region} does not offer {name} {version} with {each}",
                f"`aws rds describe-orderable-db-instance-options --engine {name} "
                f"--engine-version {version} --query OrderableDBInstanceOptions[].DBInstanceClass` "
                "lists the classes",
                ("database", "serverless" if each == SERVERLESS else "instance_class"),
                certain=s.first,
            )


def free_plan(s: Situation) -> Iterator[Result]:
    """Whether the account's plan has the database: in the free one, RDS only makes Aurora clusters
    with its own settings (Amazon RDS API Reference, CreateDBCluster, WithExpressConfiguration)."""
    made = any(True for _ in bodies(s.templates, "AWS::RDS::DBCluster"))
    if not made or not s.first or s.caller.arn.split(":")[1] != "aws":
        return
    plan = s.account.plans.plan()
    if plan == "FREE":
        yield no(
            "the account is on AWS's free plan, in which RDS does not make this Aurora cluster",
            "upgrade it to the paid plan in the billing console; credits stay",
        )
    elif plan:
        yield ok("the account is on the paid plan")


def _unfit(s: Situation, engine: str, offered: Sequence[EngineVersion]) -> Iterator[Result]:
    """Yield logs that a version does not export, and capacities that it does not have. Of a major
    version RDS takes one of several, so that each of them has to lack it."""
    spec = s.deployment.database
    named = f"{engine} {spec.engine_version}"
    for kind in spec.log_exports.types if spec.log_exports and spec.log_exports.active else ():
        if all(each.logs is not None and str(kind) not in each.logs for each in offered):
            has = sorted({log for each in offered for log in each.logs or ()})
            yield no(
                f"{named} does not export the log {kind} in {s.cloud.region}",
                f"leave it out: it has {', '.join(has)}" if has else "leave out `log_exports`",
                ("database", "log_exports", "types"),
            )
    if spec.serverless is None:
        return
    least, most = spec.serverless.min_acu, spec.serverless.max_acu
    if all(each.least is not None and least < each.least for each in offered):
        lowest = min(each.least or 0.0 for each in offered)
        yield no(
            f"{named} takes {lowest:g} ACUs or more in {s.cloud.region}",
            f"set `min_acu` to {lowest:g}, or choose another `engine_version`",
            ("database", "serverless", "min_acu"),
        )
    if all(each.most is not None and most > each.most for each in offered):
        highest = max(each.most or 0.0 for each in offered)
        yield no(
            f"{named} takes {highest:g} ACUs or less in {s.cloud.region}",
            f"set `max_acu` to {highest:g}, or choose another `engine_version`",
            ("database", "serverless", "max_acu"),
        )


def database_zones(s: Situation) -> set[str]:
    """Return the zones of a first deployment's database that are known by name. Aurora places
    instances in those that have their class (RDS API Reference, CreateDBInstance).
    """
    if not s.first:
        return set()
    return known_zones(s, database_field(subnet_ids(s)) if s.deployment.network.existing else "")


def image_names(s: Situation) -> Iterator[Result]:
    """Whether the images in ECR exist, for the architecture of their tasks."""
    found = images(s.templates)
    elsewhere = sorted({each.name for each in found if not ecr_repository(each.name)})
    for used in found:
        if used.name not in elsewhere:
            yield _judged(s, used)
    if elsewhere:
        yield skipped(f"only images in Amazon ECR are checked: {', '.join(elsewhere)} are not")


def _judged(s: Situation, used: UsedImage) -> Result:
    repository = ecr_repository(used.name)
    assert repository
    digest, tag = re.search(r"@(sha256:\w+)$", used.name), re.search(r":([\w.-]+)$", used.name)
    which = digest[1] if digest else tag[1] if tag else "latest"
    image = s.account.registries.image(
        repository.account, repository.region, repository.name, which
    )
    wanted = ARCHITECTURES.get(used.architecture, used.architecture)
    if image is None:
        prefixes = s.deployment.registry.pull_through_cache_prefixes
        if repository.cached_by([str(each) for each in prefixes]):
            return ok(f"{used.name} does not exist yet: ECR will fetch it from its source")
        return no(
            f"there is no image {used.name}",
            "push it, or correct the name",
            used.name,
        )
    if not image.architectures:
        return ok(f"{used.name} exists; its manifest does not name an architecture")
    if wanted not in image.architectures:
        return no(
            f"{used.name} is for {', '.join(image.architectures)}, but its task runs on {wanted}",
            "push an image for both, or change `architecture`",
            used.name,
        )
    return ok(f"{used.name} exists for {wanted}")
