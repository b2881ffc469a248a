"""The masking of secret values in plans."""

import json
import re
from typing import Any

from camformation.deploy.plan.symbols import Symbol, shown
from camformation.deploy.plan.values import ABSENT, Steps, parsed
from camformation.shapes import is_function

SECRET = re.compile(
    r"password|passwd|secret|token|credential|private_?key|api_?key|licen[cs]e_?key|passphrase",
    re.I,
)
REFERENCE = re.compile(
    r"(arn|id|name|names|user|username|lifetime|duration|length|url|uri)s?$", re.I
)
INLINE = re.compile(
    r"((?:password|passwd|pwd|secret|token|key)=)[^&;\s]+|(://[^/\s:@]+:)[^@\s/]+(?=@)", re.I
)
DYNAMIC = re.compile(r"\{\{\s*resolve:[^}]*\}\}")

GENERATION = "(generation parameters)"
SENSITIVE = "(sensitive)"
DYNAMIC_REFERENCE = "(dynamic reference)"


def masked(path: Steps, value: Any) -> tuple[Any, bool]:
    """Return the visible form of the value at a property path, None if absent, and whether it is
    masked."""
    if value is ABSENT:
        return None, is_secret(path)
    if "GenerateSecretString" in path:
        return GENERATION, True
    if is_secret(path) and _holds_text(value):
        return (DYNAMIC_REFERENCE if _dynamic(value) else SENSITIVE), True
    return _cleaned(path, value)


def is_secret(path: Steps) -> bool:
    """Return whether the property at a path holds a secret, judging by its name."""
    names = [step if isinstance(step, str) else step.label for step in path]
    if "SecretString" in names or "GenerateSecretString" in names:
        return True
    if names and names[-1] == "ValueFrom":  # of a container's Secrets: the secret's ARN
        return False
    if len(names) > 1 and names[-2] == "Secrets":
        return False
    while len(names) > 1 and names[-1] in ("Value", "ParameterValue", "Default"):
        names.pop()
    return any(SECRET.search(name) and not REFERENCE.search(name) for name in names[-1:])


def _holds_text(value: Any) -> bool:
    """Whether a value may be a secret: literals may be, but symbols, numbers and ARNs are not."""
    if isinstance(value, bool | int | float | Symbol) or value is None:
        return False
    return not (isinstance(value, str) and value.startswith("arn:"))


def _dynamic(value: Any) -> bool:
    return bool(DYNAMIC.fullmatch(shown(value)))


def _cleaned(path: Steps, value: Any) -> tuple[Any, bool]:
    if isinstance(value, bool | int | float):
        return value, False
    if isinstance(value, dict) and not is_function(value):
        named = tuple(item for key, item in value.items() if key in ("Name", "Key"))
        inner = (*path, *(name for name in named if isinstance(name, str)))
        pairs = {
            key: masked((*(inner if key == "Value" else path), key), item)
            for key, item in value.items()
        }
        return {k: v for k, (v, _) in pairs.items()}, any(hidden for _, hidden in pairs.values())
    if isinstance(value, list):
        items = [masked(path, item) for item in value]
        return [item for item, _ in items], any(hidden for _, hidden in items)
    document = parsed(value) if isinstance(value, str) else value
    if document is not value:
        visible, hidden = masked(path, document)
        if hidden:
            return json.dumps(visible), True
    text = shown(value)
    clean = DYNAMIC.sub(DYNAMIC_REFERENCE, text)
    clean = INLINE.sub(lambda match: (match[1] or match[2]) + SENSITIVE, clean)
    return clean, clean != text
