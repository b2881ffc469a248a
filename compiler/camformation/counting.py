"""Counts with their nouns."""


def counted(number: int, noun: str) -> str:
    """Return a number of things: `1 target`, `37 targets`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
