"""The billed uses of logs and alarms."""

from camformation.cost.stacks import Resource
from camformation.cost.use import All, Assumed, Use, Uses
from camformation.shapes import mapping, mappings, number

LONGEST = 365  # days of logs that an estimate counts as stored
SEED, WEB = "SeedLogGroup", "WebAclLogGroup"


def logs(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A log group; all share the written volume, except those of the firewall and of the seed,
    which runs once."""
    if of.logical_id == SEED:
        return
    writing = sum(e.type == of.type and e.logical_id not in (SEED, WEB) for e in every)
    web = of.logical_id == WEB
    ingested = assumed("waf_logs_gb") if web else assumed("logs_gb") / writing
    if mapping(of.properties.get("DataProtectionPolicy")):
        yield Use("logs.masked", ingested)
    days = min(number(of.properties.get("RetentionInDays"), LONGEST), LONGEST)
    yield Use("logs.ingested", ingested)
    yield Use("logs.stored", ingested * days / 30 * assumed("logs_compression"), f"{days:g} days")


def flow_log(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A flow log."""
    to_s3 = of.properties.get("LogDestinationType") == "s3"
    yield Use("logs.to_s3" if to_s3 else "logs.ingested", assumed("flow_logs_gb"))


def alarm(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An alarm, by the metrics that it reads."""
    queries = mappings(of.properties.get("Metrics"))
    yield Use("alarm", max(1, sum("MetricStat" in each for each in queries)))


def scaling(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A scaling policy with a target: Application Auto Scaling creates two alarms for it."""
    if of.properties.get("PolicyType") == "TargetTrackingScaling":
        yield Use("alarm", 2, "made by Application Auto Scaling")
