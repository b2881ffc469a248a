"""Arguments of the exporters to Elasticsearch and OpenSearch that these refuse."""

import re
from collections.abc import Iterator, Mapping

from camformation.diagnostics import quoted
from camformation.rules.registry import Violation
from camformation.rules.settings import Setting

SEARCH = (
    "io.camunda.zeebe.exporter.ElasticsearchExporter",
    "io.camunda.zeebe.exporter.opensearch.OpensearchExporter",
)
LEAST = {
    "ARGSINDEXNUMBEROFSHARDS": 1,
    "ARGSINDEXNUMBEROFREPLICAS": 0,
    "ARGSINDEXTEMPLATEPRIORITY": 0,
}
_PREFIX = r"(?![.+-])[^\\/*?\"<>| _,#:]*"
_AGE = r"\d+[dhms]"


def arguments(given: Mapping[str, Setting]) -> Iterator[Violation]:
    """Yield the arguments with which brokers do not start."""
    for name, least in LEAST.items():
        value = _value(given.get(name))
        if re.fullmatch(r"[+-]?\d{1,9}", value) and int(value) < least:
            yield Violation(
                given[name].path,
                f"brokers start only with {given[name].said} of {least} or more",
                f"write {least} or more, or {given[name].removal}",
            )
    prefix = _value(given.get("ARGSINDEXPREFIX"))
    if not re.fullmatch(_PREFIX, prefix):
        meant = re.sub(r"[\\/*?\"<>| _,#:]+", "-", prefix).strip("-.+")
        yield Violation(
            given["ARGSINDEXPREFIX"].path,
            f"an exporter does not start with the prefix {quoted(prefix, 40)}: it has a character "
            "that indices cannot have there, an underscore for example",
            f"write {meant}" if meant else "write letters, digits and hyphens",
        )
    age = _value(given.get("ARGSRETENTIONMINIMUMAGE"))
    if age and not re.fullmatch(_AGE, age):
        found = re.fullmatch(r"(?i)P?T?(\d{1,6})\s*([dhms])[a-z]*", age)
        yield Violation(
            given["ARGSRETENTIONMINIMUMAGE"].path,
            f"a least age is a number and d, h, m or s: with {quoted(age, 40)} brokers do not "
            "start",
            f"write {found[1]}{found[2].lower()}" if found else "write for example 30d",
        )


def _value(setting: Setting | None) -> str:
    return (setting.value or "").strip() if setting else ""
