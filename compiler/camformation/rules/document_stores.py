"""The rule for stores of documents that a spec defines by variables."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity, quoted
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import JSON, Setting, Settings, broker_settings

DEFAULTS = ("CAMUNDA_DOCUMENT_DEFAULTSTOREID", "DOCUMENT_DEFAULT_STORE_ID")
FILES = ("SPRING_CONFIG_IMPORT", "SPRING_CONFIG_ADDITIONALLOCATION")  # may say what is not seen
IN_MEMORY = ("inmemory", "in-memory")
_NEW = r"(?i)CAMUNDA_DOCUMENT_(?:AWS|GCP|AZURE|LOCAL|IN_?MEMORY)_([A-Z0-9]+)(?:_.+)?"
_OF_AWS = (
    r"(?i)CAMUNDA_DOCUMENT_AWS_[A-Z0-9]+_BUCKET_?(NAME|TTL)|DOCUMENT_STORE_[A-Z0-9]+_BUCKET(_TTL)?"
)
_CLASS = r"io\.camunda\.document\.store\.(\w+)\.(\w+)"
_OLD = r"(?i)DOCUMENT_STORE_([A-Z0-9]+)_(.+)"
_FIELDS = (
    *("CLASS", "BUCKET", "BUCKET_PATH", "BUCKET_TTL", "PREFIX", "PATH", "CONTAINER", "ENDPOINT"),
    *("CONTAINER_PATH", "CONNECTION_STRING", "FORCE_PATH_STYLE", "CHUNKED_ENCODING_ENABLED"),
)


@rule("CAM255", "Document store that is not defined")
def stores(d: Deployment) -> Iterator[Violation]:
    """Without `storage.documents`, variables may define your own stores. The default store has to
    be one of them, or Camunda finds no store for any document. With names from before 8.10, a store
    is defined by its class, `DOCUMENT_STORE_AWS_CLASS`, and its bucket is in
    `DOCUMENT_STORE_AWS_BUCKET`; other names are ignored, which is a warning. The time for which
    documents are kept is a number of days. A bucket's name has neither `s3://` nor a path: with
    these, no document can be stored, which is a warning, as Camunda starts.

    Source: Camunda docs, Document handling configuration; camunda/camunda,
    SimpleDocumentStoreRegistry; camunda/camunda-docs issue 9042; camunda/camunda pull request
    28034; Amazon S3 User Guide, General purpose bucket naming rules.
    """
    settings = broker_settings(d)
    if d.storage.documents.enabled or JSON in d.orchestration.secrets:
        return
    if any(settings.find(each) or next(settings.below(each), None) for each in FILES):
        return
    yield from _buckets(settings)
    known: set[str] = set()
    old: dict[str, dict[str, Setting]] = {}
    for each in settings.all:
        if found := re.fullmatch(_NEW, each.variable):
            known.add(found[1].lower())
        elif found := re.fullmatch(_OLD, each.name):
            old.setdefault(found[1].lower(), {})[found[2].upper()] = each
    for name, given in old.items():
        if "CLASS" in given:
            known.add(name)
        else:
            yield Violation(
                next(iter(given.values())).path,
                f"the document store {name} has no class",
                f"set DOCUMENT_STORE_{name.upper()}_CLASS, for Amazon S3 to "
                "io.camunda.document.store.aws.AwsDocumentStoreProvider",
                Severity.WARNING,
            )
        of_class = given.get("CLASS")
        named = re.fullmatch(_CLASS, (of_class.value or "").strip()) if of_class else None
        if of_class and named and not named[2].endswith("Provider"):
            yield Violation(
                of_class.path,
                f"{named[2]} is a store, not its provider: brokers do not start",
                f"write {named[0]}Provider",
            )
        for field, setting in given.items():
            if field not in _FIELDS:
                right = field.removesuffix("_NAME")
                yield Violation(
                    setting.path,
                    f"a document store has no {field}: {setting.said} is ignored",
                    f"write DOCUMENT_STORE_{name.upper()}_{right}"
                    if right in _FIELDS
                    else setting.removal,
                    Severity.WARNING,
                )
    for name in DEFAULTS:
        default = settings.find(name)
        wanted = (default.value or "").strip() if default else ""
        if not default or not wanted or wanted.lower() in known:
            continue
        if not known and wanted.lower() in IN_MEMORY:
            continue
        yield Violation(
            default.path,
            f"there is no document store {quoted(wanted)}",
            f"name an existing one: {', '.join(sorted(known))}"
            if known
            else f"set storage.documents.enabled to true instead, or define {wanted}",
        )


def _buckets(settings: Settings) -> Iterator[Violation]:
    """Yield names of buckets that are none, and times that are no number of days."""
    for each in settings.all:
        found = re.fullmatch(_OF_AWS, each.variable)
        value = (each.value or "").strip()
        if not found or not value:
            continue
        if (found[1] or found[2] or "").upper().endswith("TTL"):
            digits = re.match(r"P?(\d{1,9})", value)
            if not value.isdecimal():
                yield Violation(
                    each.path,
                    f"{each.said} is a whole number of days: with {quoted(value, 40)} brokers do "
                    "not start",
                    f"write {digits[1]}" if digits else "write one, such as 30",
                )
        elif not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", value):
            name = re.sub(r"^(?:s3:/+|arn:aws[\w-]*:s3:::)", "", value).partition("/")[0]
            yield Violation(
                each.path,
                f"{quoted(value, 60)} is not the name of a bucket, so no document can be stored",
                f"write {name}" if name and name != value else "write its name alone",
                Severity.WARNING,
            )
