"""Removal of secrets from logs, reasons and outputs."""

import re
from typing import Any

HIDDEN = "(hidden)"

_NAMES = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret(?:[_-]?key)?|(?<!Request)token|api[_-]?key|"
    r"license[ _-]?key)"
)
_IS = (
    r"(?:\s{0,3}=|\\{0,3}[\"']\s*[:=]|\s{0,3}:\s)\s*\\{0,3}[\"']?"  # no colon alone: ARNs have them
)
_PATTERNS = tuple(  # their repetitions are bounded: logs have long lines
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"(?P<keep>-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        r"(?P<keep>\b[a-z][a-z0-9+.-]{0,20}://[^\s:/@]{1,200}:)[^\s/@]+(?=@)",  # RFC 3986, userinfo
        r"(?P<keep>\bauthorization\W{1,4}(?:bearer|basic)\s+)\S+",
        r"(?P<keep>)\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",  # a JSON Web Token (RFC 7519)
        r"(?P<keep>\bX-Amz-(?:Signature|Security-Token|Credential)=)[^&\s\"']+",
        rf"(?P<keep>{_NAMES}[\w.-]{{0,40}}{_IS})(?!arn:)[^\s\"',;&{{}}]+",
        rf"(?P<keep>{_NAMES}\s+(?:is|was)\s+[\"'])[^\"']+",
        rf"(?P<keep>\bProperty: \S{{0,200}}?{_NAMES}\S{{0,40}}\s{{1,20}}Value: [\"']?)[^\s\"']+",
        r"(?P<keep>\bsecret with value )\S+",  # what somebody took for a secret's ARN (Amazon ECS)
        r"(?P<keep>\b(?:set-)?cookie\s?: )[^\r\n]+",
        r"(?P<keep>[?&]code=)[^&\s\"']+",
        r"(?P<keep>\bPASSWORD\s+')(?:[^']|'')*(?=')",  # SQL
        r"(?P<keep>\b(?:AKIA|ASIA))[A-Z0-9]{16}\b",
    )
)


def redacted(text: str) -> str:
    """Return text without values that look like secrets: passwords, tokens, keys, signed URLs."""
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<keep>{HIDDEN}", text)
    return text


def without_secrets(data: Any) -> Any:
    """Return JSON data whose texts are `redacted`."""
    if isinstance(data, str):
        return redacted(data)
    if isinstance(data, list):
        return [without_secrets(each) for each in data]
    if isinstance(data, dict):
        return {key: without_secrets(each) for key, each in data.items()}
    return data
