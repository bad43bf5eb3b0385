"""Which hash is recorded for an object, whatever was done to it by whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psqlmigrate.service.state import State, advance, drift, stored_name

KEY = ("table", "public.t")
VALUES = st.sampled_from([None, "1", "2"])


def _as_hashes(value: str | None) -> dict[tuple[str, str], str]:
    return {} if value is None else {KEY: value}


@pytest.mark.parametrize(
    ("recorded", "before", "after", "expected"),
    [
        (None, None, "1", "1"),  # made by the run
        (None, "1", "1", None),  # nobody's: unmanaged
        (None, "1", "2", "2"),  # made by hand, changed by the run: managed from now on
        ("1", "1", "1", "1"),
        ("1", "1", "2", "2"),
        ("1", "2", "2", "1"),  # changed by hand: stays visible
        ("1", "1", None, None),  # dropped by the run
        ("1", "2", None, None),
        ("1", None, None, "1"),  # dropped by hand: stays visible
        ("1", None, "1", "1"),  # dropped by hand, made again by the run
        ("1", None, "2", "2"),
        (None, None, None, None),
        (None, "1", None, None),
    ],
)
def test_one_object(
    recorded: str | None, before: str | None, after: str | None, expected: str | None
) -> None:
    made = advance(_as_hashes(recorded), _as_hashes(before), _as_hashes(after))
    assert made == _as_hashes(expected)


@given(VALUES, VALUES, VALUES)
def test_what_the_run_left_alone_is_drift_before_and_after(
    recorded: str | None, before: str | None, other: str | None
) -> None:
    """A run that does not touch an object changes nothing of what is said of it."""
    old, live = _as_hashes(recorded), _as_hashes(before)
    new = advance(old, live, {**live, **({("view", "v"): other} if other else {})})
    assert drift(State(old, current=True), live) == drift(
        State({key: one for key, one in new.items() if key == KEY}, current=True), live
    )


@given(VALUES, VALUES, VALUES)
def test_what_the_run_changed_is_no_drift(
    recorded: str | None, before: str | None, after: str | None
) -> None:
    new = advance(_as_hashes(recorded), _as_hashes(before), _as_hashes(after))
    if before != after:
        found = drift(State(new, current=True), _as_hashes(after))
        assert found.changed == found.removed == found.added == ()


def test_drift_is_told_by_kind_and_name() -> None:
    long = "x" * 300
    recorded = State({("a", "same"): "1", ("a", "gone"): "1", ("a", stored_name(long)): "1"}, True)
    live = {("a", "same"): "1", ("a", long): "2", ("b", "same"): "1"}
    found = drift(recorded, live)
    assert found.changed == (("a", stored_name(long)),)
    assert found.removed == (("a", "gone"),)
    assert found.added == (("b", "same"),)
