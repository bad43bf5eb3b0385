import re

import pytest

from psqlmigrate.service.rows.patterns import examples


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z]+@[a-z]+\\.[a-z]{2,4}$",
        "^\\d{4}-\\d{2}$",
        "^(new|done|a(b|c)+)$",
        "^[A-Z][a-z_]*$",
        "^[^0-9]{3}$",
        "^(?:\\+49)?[1-9][0-9]{5,}$",
        "^\\w+\\s?x*$",
        "^$",
        "^[]a]-[-x]$",
    ],
)
def test_examples_match(pattern: str) -> None:
    found = examples(pattern)
    assert found
    assert all(re.search(pattern, one) for one in found)


def test_examples_differ_in_length() -> None:
    assert len({len(one) for one in examples("^[a-z]+$")}) == 3


@pytest.mark.parametrize("pattern", ["(?=a)b", "(a", "[a", "*a", "\\", "\\1", "a)", "[[:foo:]]"])
def test_what_is_not_understood_has_no_examples(pattern: str) -> None:
    assert examples(pattern) == ()
