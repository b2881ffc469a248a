"""Checks of the fleet file's parameter values against the open parameters of its spec."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from camformation.closeness import closest
from camformation.diagnostics import Finding, Path, Severity
from camformation.fleet.specs import FleetSpec, Scalar
from camformation.fleet.targets import Target
from camformation.fleet.values import Definition, Definitions, as_text
from camformation.rules.images import application
from camformation.rules.versions import defects_of

MAX_BYTES = 4096  # of a value (CloudFormation User Guide, CloudFormation quotas)
NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
SECRET = re.compile("secret|password", re.IGNORECASE)
IDS = {  # AWS-specific parameter types whose values are recognizable
    "AWS::EC2::Image::Id": "ami",
    "AWS::EC2::Instance::Id": "i",
    "AWS::EC2::SecurityGroup::Id": "sg",
    "AWS::EC2::Subnet::Id": "subnet",
    "AWS::EC2::Volume::Id": "vol",
    "AWS::EC2::VPC::Id": "vpc",
}


def check_parameters(
    fleet: FleetSpec, definitions: Definitions, raw: Mapping[Path, str]
) -> Iterator[Finding]:
    """Yield values of unknown parameters and invalid values; `raw` has numbers as written."""
    for where, parameters in _given(fleet):
        for name, value in parameters.items():
            path = (*where, str(name))
            if name not in definitions:
                yield unknown(name, path, definitions)
                continue
            definition, text = definitions[name], as_text(value)
            if problem := misfit(definition, text) or _other_size(fleet, name, text):
                yield _misfitting(name, definition, text, problem, path)
            elif wrong := _digits_lost(value, definition, raw.get(path)):
                yield Finding(path, "CAM723", *wrong)
            else:
                yield from _defective(definition, text, path)


def _defective(definition: Definition, text: str, path: Path) -> Iterator[Finding]:
    """Yield images of brokers whose release has a known defect, like the rule for specs."""
    brokers = (application(each) for each in (text, str(definition.get("Default", ""))))
    if "orchestration" in brokers and (found := defects_of(text, path)):
        severity = found.severity or Severity.WARNING
        yield Finding(path, "CAM116", found.message, found.hint, severity)


def _given(fleet: FleetSpec) -> Iterator[tuple[Path, Mapping[str, Scalar]]]:
    yield ("parameters",), fleet.parameters
    for index, override in enumerate(fleet.overrides):
        yield ("overrides", index, "parameters"), override.parameters


def _other_size(fleet: FleetSpec, name: str, text: str) -> str | None:
    block, pool = as_block(text), fleet.cidrs.get(name)
    if block and pool and block.prefixlen != pool.prefix_length:
        return f"the blocks of `cidrs` are /{pool.prefix_length}"
    return None


def unknown(name: str, path: Path, definitions: Definitions) -> Finding:
    """Return the finding for a parameter that the spec does not leave open."""
    close = closest(name, definitions)
    if close:
        hint = f"did you mean {close!r}?"
    elif definitions:
        hint = f"its open parameters are  {', '.join(sorted(definitions))}"
    else:
        hint = "it leaves nothing open: list fields under `parameters` of the spec"
    message = f"the spec does not leave a parameter {str(name)!r} open"
    code = "CAM014" if SECRET.search(name) else "CAM720"  # its line is not shown
    return Finding(path, code, message, hint, at_key=True)


def _misfitting(name: str, definition: Definition, text: str, problem: str, path: Path) -> Finding:
    if SECRET.search(name) or definition.get("NoEcho") in (True, "true"):
        message = f"{name} does not accept this value, which is not shown"
        return Finding(path, "CAM014", message, definition.get("ConstraintDescription"))
    shown = text if len(text) <= 60 else text[:57] + "..."
    hint = definition.get("ConstraintDescription") or (
        f"the spec's own value is {as_text(definition['Default'])}"
        if "Default" in definition
        else None
    )
    return Finding(path, "CAM721", f"{name} does not accept {shown!r}: {problem}", hint)


def _digits_lost(value: Scalar, definition: Definition, raw: str | None) -> tuple[str, str] | None:
    """Return message and hint for an unquoted number that would reach AWS as other text."""
    if raw is None or raw == as_text(value) or definition["Type"] in ("Number", "List<Number>"):
        return None
    return (
        f"{raw} is a number here, and CloudFormation would get {as_text(value)}",
        f'write "{raw}"',
    )


def misfit(definition: Definition, text: str) -> str | None:
    """Return why a parameter does not accept a value, or None.

    For a list, each value is checked against the constraints (CloudFormation User Guide,
    Parameters).
    """
    kind = str(definition["Type"])
    if len(text.encode()) > MAX_BYTES:
        return f"a value has at most {MAX_BYTES:,} bytes"
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        element = kind.removeprefix("List<").removesuffix(">")
        element = "String" if kind == "CommaDelimitedList" else element
        values = [each.strip() for each in text.split(",")]
    else:
        element, values = kind, [text]
    return next((found for each in values if (found := _misfit(definition, element, each))), None)


def _misfit(definition: Definition, kind: str, text: str) -> str | None:
    number = kind == "Number"
    if number and not NUMBER.fullmatch(text):
        return "it is not a number"
    if kind in IDS and not re.fullmatch(f"{IDS[kind]}-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}})", text):
        return f"an {kind} starts with {IDS[kind]}-"
    if "AllowedValues" in definition:
        allowed = [as_text(each) for each in definition["AllowedValues"]]
        same = [each for each in allowed if each == text or (number and float(each) == float(text))]
        if not same:
            return f"it is not one of {', '.join(allowed)}"
    if not number:
        for keyword, sign, words in (("MinLength", 1, "shorter"), ("MaxLength", -1, "longer")):
            if keyword in definition and (len(text) - int(definition[keyword])) * sign < 0:
                return f"it is {words} than {definition[keyword]} characters"
    for keyword, sign, words in (("MinValue", 1, "less"), ("MaxValue", -1, "more")):
        if not number or keyword not in definition:
            continue
        if (float(text) - float(definition[keyword])) * sign < 0:
            return f"it is {words} than {definition[keyword]}"
    pattern = definition.get("AllowedPattern")
    if pattern is not None and not matches_whole(str(pattern), text):
        return f"it does not match {pattern}"
    block = is_block(definition)
    if block and as_block(text) is None:
        aligned = as_block(text, strict=False)
        return f"a block starts at a multiple of its size: {aligned}" if aligned else "not a block"
    return None


def matches_whole(pattern: str, text: str) -> bool:
    """Match the whole text, as CloudFormation does; patterns unknown to Python are left to
    CloudFormation."""
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return True


def as_block(text: Any, *, strict: bool = True) -> IPv4Network | None:
    """Return a text as a CIDR block, if it is one."""
    try:
        return IPv4Network(text, strict=strict) if "/" in str(text) else None
    except ValueError:
        return None


def is_block(definition: Definition) -> bool:
    """Return whether a parameter is a CIDR block, as its default shows."""
    return definition["Type"] == "String" and as_block(definition.get("Default")) is not None


def check_blocks(fleet: FleetSpec, definitions: Definitions) -> Iterator[Finding]:
    """Yield `cidrs` of parameters that do not accept blocks, or not of that size."""
    for name, entry in fleet.cidrs.items():
        path: Path = ("cidrs", str(name))
        if name not in definitions:
            yield unknown(name, path, definitions)
            continue
        definition = definitions[name]
        default = as_block(definition.get("Default"), strict=False)
        pool = IPv4Network(str(entry.pool), strict=False)
        sample = f"{pool.network_address}/{entry.prefix_length}"
        open_to_all = "Default" not in definition and "AllowedPattern" not in definition
        if (
            definition["Type"] != "String"
            or open_to_all
            or ("Default" in definition and not default)
        ):
            message = f"{name} is not a CIDR block"
            blocks = ", ".join(sorted(each for each in definitions if is_block(definitions[each])))
            hint = (
                f"the open CIDR blocks of the spec are {blocks}"
                if blocks
                else "the spec leaves no CIDR block open"
            )
            yield Finding(path, "CAM730", message, hint, at_key=True)
        elif default and default.prefixlen != entry.prefix_length:
            message = f"{name} is divided for a /{default.prefixlen}, like its default {default}"
            hint = f"use {default.prefixlen}, or another default in the spec"
            yield Finding((*path, "prefix_length"), "CAM732", message, hint)
        elif problem := misfit(definition, sample):
            message = f"{name} does not accept a block such as {sample}: {problem}"
            why = definition.get("ConstraintDescription")
            yield Finding((*path, "prefix_length"), "CAM732", message, why)


def check_values(
    fleet: FleetSpec, definitions: Definitions, targets: Sequence[Target]
) -> Iterator[Finding]:
    """Yield parameters without a default and without a value for some target."""
    for name, definition in definitions.items():
        if "Default" in definition or name in fleet.parameters or name in fleet.cidrs:
            continue
        without = [target for target in targets if name not in target.parameters]
        if without:
            message = f"{name} has no default and no value {in_words(without)}"
            hint = "set it under `parameters`, or in `overrides` that match these targets"
            yield Finding(("spec",), "CAM722", message, hint)
        elif fleet.auto_deployment.enabled:
            message = f"{name} has a value for each target, but none for accounts that join later"
            hint = "set it under `parameters`, or turn automatic deployment off"
            yield Finding(("auto_deployment", "enabled"), "CAM722", message, hint)


def in_words(targets: Sequence[Target]) -> str:
    """Return targets as text, at most three of them by name."""
    named = ", ".join(f"{each.account} {each.region}" for each in targets[:3])
    more = len(targets) - 3
    return f"at {named}" + (f" and {more} more" if more > 0 else "")
