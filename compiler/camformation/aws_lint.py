"""cloudformation-validate, AWS's own linter: an engine of `lint`.

It is compiled, and takes a fifth of cfn-lint's time. Most rules are cfn-lint's, under the same
numbers; findings from the provider's schema start with F. See `docs/diagnostics.md`.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from typing import Any

from camformation.diagnostics import Severity
from camformation.linting import CLOUDFORMATION_VALIDATE, Match, NoEngineError, Question

ERRORS = ("FATAL", "ERROR")
ADVICE = "ENGINE"
"""Origin of rules from neither cfn-lint nor a schema. Their warnings are about names that look like
secrets, such as a parameter for an ARN, and about templates for one account, which a spec may
describe."""

_SECTIONS = ("Resources", "Parameters", "Outputs", "Conditions", "Mappings", "Metadata", "Rules")


def version() -> str:
    """Return the installed version. Raises `NoEngineError`."""
    try:
        return version_of(CLOUDFORMATION_VALIDATE)
    except PackageNotFoundError as error:
        raise NoEngineError(CLOUDFORMATION_VALIDATE) from error


def answers(asked: Sequence[Question]) -> list[list[Match]]:
    """Return the findings for each template in any of the regions. Raises `NoEngineError`."""
    return [
        list(dict.fromkeys(m for region in each.regions.split(",") for m in _matches(each, region)))
        for each in asked
    ]


@cache
def _engine() -> Any:
    try:
        from cloudformation_validate import CelEngine
    except (ImportError, OSError) as error:  # its library is for another system
        raise NoEngineError(CLOUDFORMATION_VALIDATE) from error
    return CelEngine()  # it compiles its rules


def _matches(asked: Question, region: str) -> Iterator[Match]:
    engine = _engine()
    from cloudformation_validate import (
        DetailLevel,
        PseudoParameterOverrides,
        RuleFilterConfig,
        TemplateContent,
        ValidateConfig,
    )
    from cloudformation_validate import Severity as Level

    report = engine.validate_template(
        TemplateContent(asked.text),
        ValidateConfig(
            exclude=RuleFilterConfig(ids=list(asked.ignored)),
            detail_level=DetailLevel.STANDARD,
            severity_level=Level.WARN,
            pseudo_parameter_overrides=PseudoParameterOverrides(region=region),
        ),
    )
    for each in report.diagnostics:
        error = each.severity.name in ERRORS
        if not error and each.source.name == ADVICE:
            continue
        yield Match(
            each.rule_id,
            Severity.ERROR if error else Severity.WARNING,
            " ".join(each.message.split()),
            _path(each.entity, each.property_path or ""),
        )
    if report.status.name == "ANALYSIS_INCOMPLETE":
        yield Match("incomplete", Severity.WARNING, "not everything could be checked", ())


def _path(entity: Any, path: str) -> tuple[str | int, ...]:
    """Return the steps into the template: the engine omits those that lead to the resource."""
    steps = path.split("/" if "/" in path else ".") if path else []
    if entity is not None and (not steps or steps[0] not in _SECTIONS):
        section = f"{entity.entity_type.name.capitalize()}s"
        steps = [section, entity.logical_id, *steps]
    return tuple(int(step) if step.isdigit() else step for step in steps)
