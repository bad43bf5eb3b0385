"""The last test: by then, each option of each command must have been used."""

import pytest

from options_used import WHOLE, missing


def test_every_option_is_used_by_a_test(pytestconfig: pytest.Config) -> None:
    if not pytestconfig.stash.get(WHOLE, False):
        pytest.skip("only after all tests can this be told")
    assert not missing(), "no test that passed has used these options"
