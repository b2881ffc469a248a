"""Which releases a cluster may be upgraded to."""

import pytest

from camformation.rules.upgrades import named, of_release, refusals, release_of, remarks


@pytest.mark.parametrize(
    ("running", "wanted"),
    [("8.10.2", "8.10.6"), ("8.9.1", "8.9.30"), ("8.9.26", "8.10.6"), ("8.9.1", "8.10.2")],
)
def test_a_way_that_there_is(running: str, wanted: str) -> None:
    one, other = release_of(running), release_of(wanted)
    assert one and other and not list(refusals(one, other))


@pytest.mark.parametrize(
    ("running", "wanted", "why", "instead"),
    [
        ("8.10.6", "8.10.5", "cannot go back to 8.10.5", "restore an earlier backup"),
        ("8.10.2", "8.9.26", "cannot go back", "restore"),
        ("8.8.9", "8.10.6", "no minor version may be skipped", "upgrade to 8.9 first"),
        ("8.9.26", "8.11.0", "knows Camunda 8.9 and 8.10, not 8.11.0", "newer camformation"),
        ("8.9.26", "9.0.0", "not 9.0.0", "newer camformation"),
        ("8.9.26", "8.10.0", "known to be bad: Camunda advises against it", "8.10.1 or later"),
    ],
)
def test_a_way_that_there_is_not(running: str, wanted: str, why: str, instead: str) -> None:
    one, other = release_of(running), release_of(wanted)
    assert one and other
    [(said, hint)] = refusals(one, other)
    assert why in said and instead in hint


def test_what_to_know_of_a_way() -> None:
    assert not list(remarks((8, 10, 6), (8, 10, 7)))
    [defect] = remarks((8, 10, 2), (8, 10, 5))
    assert "camunda/camunda#66654" in defect and "fixed in 8.10.6" in defect
    back, newest = remarks((8, 9, 1), (8, 10, 6))
    assert "cannot go back to 8.9" in back and "newest patch" in newest
    assert len(list(remarks((8, 9, 99), (8, 10, 6)))) == 1


@pytest.mark.parametrize("text", ["8.10", "8.10.6-alpha1", "8.10.x", "latest", "", "v8.10.6"])
def test_what_is_no_release(text: str) -> None:
    assert release_of(text) is None


@pytest.mark.parametrize(
    ("reference", "other"),
    [
        ("camunda/camunda:8.10.2", "camunda/camunda:8.10.6"),
        ("camunda/camunda", "camunda/camunda:8.10.6"),
        ("registry:5000/camunda:8.10.2-arm64", "registry:5000/camunda:8.10.6"),
        (f"a.b/camunda:8.10.2@sha256:{'0' * 64}", "a.b/camunda:8.10.6"),
        ("registry:5000/camunda/camunda", "registry:5000/camunda/camunda:8.10.6"),
    ],
)
def test_the_same_repository(reference: str, other: str) -> None:
    assert of_release(reference, (8, 10, 6)) == other
    assert named((8, 10, 6)) == "8.10.6"
