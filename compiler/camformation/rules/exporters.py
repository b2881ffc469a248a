"""The rule for exporters that brokers cannot load."""

import re
from collections.abc import Iterator

from camformation.closeness import distance
from camformation.deployment import Deployment
from camformation.rules import exporter_arguments
from camformation.rules.files import OFFICIAL
from camformation.rules.images import minor
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, Settings, broker_settings
from camformation.spelling import bound

BUILT_IN = (
    "io.camunda.zeebe.exporter.ElasticsearchExporter",
    "io.camunda.zeebe.exporter.opensearch.OpensearchExporter",
    "io.camunda.exporter.CamundaExporter",
    "io.camunda.exporter.rdbms.RdbmsExporter",
    "io.camunda.zeebe.broker.exporter.debug.DebugLogExporter",
    "io.camunda.zeebe.broker.exporter.debug.DebugHttpExporter",
    "io.camunda.zeebe.broker.exporter.metrics.MetricsExporter",
)
SINCE = {"io.camunda.exporter.analytics.AnalyticsExporter": (8, 10)}
"""Exporters that earlier images do not have (camunda/camunda, analytics-exporter)."""
OWN = ("CAMUNDAEXPORTER", "RDBMS", "RDBMSEXPORTER", "APPINTEGRATIONS", "ANALYTICS")  # have theirs
_NAME = r"(?i)CAMUNDA_DATA_EXPORTERS_([A-Z0-9]+)_(.+)"


@rule("CAM254", "Exporter that brokers cannot load")
def exporters(d: Deployment) -> Iterator[Violation]:
    """Brokers load every exporter when they start, and end if one has no class, or one that is
    neither in their image nor in a jar of its own. Settings of an exporter are in `args`; the
    classes of Camunda's own have been below `io.camunda` since Zeebe 1.0. Settings of the same
    exporter below `zeebe.broker.exporters` and below `camunda.data.exporters` are not combined.
    Camunda's exporters to Elasticsearch and OpenSearch refuse a prefix of indices with an
    underscore, no shards, and an age in words.

    The classes of your own image are unknown to the rule.

    Source: Camunda docs, Exporters (Loading); camunda/camunda, SystemContext and
    ElasticsearchExporter;
    camunda/camunda-platform-helm issue 7025.
    """
    found: dict[str, dict[str, Setting]] = {}
    for each in broker_settings(d).all:
        if matched := re.fullmatch(_NAME, each.replaced_by or each.variable):
            found.setdefault(matched[1].upper(), {}).setdefault(bound(matched[2]), each)
    official = re.fullmatch(OFFICIAL, d.orchestration.image) is not None
    for name, given in found.items():
        first, of_class = next(iter(given.values())), given.get("CLASSNAME")
        if of_class is None or of_class.value == "":
            if name not in OWN:
                yield Violation(
                    first.path,
                    f"the exporter {name.lower()} has no class: brokers do not start with it",
                    f"set CAMUNDA_DATA_EXPORTERS_{name}_CLASSNAME",
                )
            continue
        newer = [each for each in given.values() if each.replaced_by is None]
        if of_class.replaced_by is not None and newer:
            yield Violation(
                newer[0].path,
                f"the exporter {name.lower()} has its class below zeebe.broker, which Camunda does "
                "not combine with settings below camunda.data: brokers do not start with it",
                f"rename {of_class.said} to CAMUNDA_DATA_EXPORTERS_{name}_CLASSNAME, others alike",
            )
        if of_class.value is None or "JARPATH" in given or not official:
            continue
        named = of_class.value.strip()
        if named in exporter_arguments.SEARCH:
            yield from exporter_arguments.arguments(given)
        if minor(d.version) < SINCE.get(named, (0, 0)):
            yield Violation(
                of_class.path,
                f"the image of Camunda {d.version} has no class {named}: brokers do not start with "
                "it",
                f"set CAMUNDA_DATA_EXPORTERS_{name}_JARPATH to the jar that has it, or use Camunda "
                f"{'.'.join(map(str, SINCE[named]))}",
            )
            continue
        near = [each for each in BUILT_IN if _alike(named, each)]
        if named not in BUILT_IN and (near or not named.startswith("io.camunda.")):
            yield Violation(
                of_class.path,
                f"Camunda's image has no class {named[:80]}: brokers do not start with it",
                f"did you mean {near[0]}?"
                if near
                else f"set CAMUNDA_DATA_EXPORTERS_{name}_JARPATH to the jar that has it",
            )


def exporter_classes(settings: Settings) -> dict[str, Setting]:
    """Return the settings of exporters' classes, but for Camunda's own, by the exporters' ids."""
    found: dict[str, Setting] = {}
    for each in settings.all:
        matched = re.fullmatch(_NAME, each.replaced_by or each.variable)
        if matched and bound(matched[2]) == "CLASSNAME" and matched[1].upper() not in OWN:
            # Of a variable the id is in small letters, of a property as it is written.
            written = re.search(r"(?i)exporters\.([^.]+)\.", each.name)
            found.setdefault(written[1] if written else matched[1].lower(), each)
    return found


def _alike(one: str, other: str) -> bool:
    last = one.rpartition(".")[2].lower()
    return last == other.rpartition(".")[2].lower() or distance(one, other) <= 2
