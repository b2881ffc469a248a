"""Cases that share a test fail by name, each of them, and only if there are some."""

import pytest

from every import every, named


def test_every_case_that_fails_is_named() -> None:
    @every(named([1, 2, 3, 4]))
    def test_even(number: int) -> None:
        """Whether numbers are even."""
        assert number % 2 == 0

    assert (test_even.__name__, test_even.__doc__) == ("test_even", "Whether numbers are even.")
    with pytest.raises(ExceptionGroup, match="2 of 4 cases failed") as raised:
        test_even()
    assert [each.__notes__ for each in raised.value.exceptions] == [["case: 1"], ["case: 3"]]


def test_no_case_is_no_test() -> None:
    @every([])
    def test_nothing() -> None: ...

    with pytest.raises(AssertionError, match="there is no case"):
        test_nothing()
