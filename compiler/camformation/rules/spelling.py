"""Spring's spellings of environment variables: several names for one property."""

from collections.abc import Mapping


def bound(name: str) -> str:
    """Return what is left of a variable's name when Spring has bound it to a property.

    Dashes of a property may be underscores or nothing, and case does not matter (Spring Boot docs,
    Binding from environment variables).
    """
    return name.replace("_", "").upper()


def spelled(environment: Mapping[str, str], name: str) -> str | None:
    """Return the variable that sets what `name` sets, in the spelling it has there."""
    wanted = bound(name)
    return next((each for each in environment if bound(each) == wanted), None)


def value(environment: Mapping[str, str], name: str) -> str:
    """Return the value of `name` in any spelling; empty where it is not set."""
    found = spelled(environment, name)
    return environment[found].strip() if found else ""
