"""SHA-256 without OpenSSL, whose loading takes longer than all hashing here.

The lean modules are private to the standard library, whose `random` prefers them for this reason;
without them, hashlib is used.
"""

from importlib import import_module
from typing import Any


def _implementation() -> Any:
    for name in ("_sha2", "_sha256", "hashlib"):  # Python 3.12 and later, 3.11, any
        try:
            return import_module(name).sha256
        except ImportError:
            continue
    raise ImportError("there is no SHA-256")


_sha256 = _implementation()


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    digest: str = _sha256(data).hexdigest()
    return digest
