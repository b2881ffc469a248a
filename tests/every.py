"""Tests of many small cases as one test each, which names every case that fails.

The framework spends more than a millisecond on a test of its own: more than such a case takes.
"""

from collections.abc import Callable, Iterable

Case = tuple[str, tuple[object, ...]]
"""What a case is called, and the arguments of the test."""


def every(cases: Iterable[Case]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Run a test for each of some cases."""

    kept = list(cases)

    def decorated(test: Callable[..., None]) -> Callable[[], None]:
        def whole() -> None:
            assert kept, "there is no case"
            failed = []
            for name, arguments in kept:
                try:
                    test(*arguments)
                except Exception as error:
                    error.add_note(f"case: {name}")
                    failed.append(error)
            if failed:
                raise ExceptionGroup(f"{len(failed)} of {len(kept)} cases failed", failed)

        whole.__name__, whole.__doc__ = test.__name__, test.__doc__
        whole.__module__ = test.__module__
        return whole

    return decorated


def named(values: Iterable[object]) -> list[Case]:
    """Return cases of one argument, called as it is."""
    return [(str(value), (value,)) for value in values]
