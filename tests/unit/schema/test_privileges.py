"""Lists of privileges and the statements that lead from one to the other."""

import pytest

from psqlmigrate.schema.privileges import Privileges, Words
from psqlmigrate.schema.sqltext import NOTHING, sql

BEFORE_17 = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
ALL = (*BEFORE_17, "MAINTAIN")
WORDS = Words(NOTHING, sql("TABLE t"), sql("CURRENT_USER"))


def _list(privileges: tuple[str, ...], option: str = "", column: str = "") -> Privileges:
    rows = [["r", one, "", option] for one in privileges]
    rows += [["r", "SELECT", column, ""]] if column else []
    return Privileges.read(rows, [])


@pytest.mark.parametrize(
    ("old", "new", "statements"),
    [
        (_list(()), _list(ALL), ["GRANT ALL ON TABLE t TO r"]),
        (_list(()), _list(ALL, "yes"), ["GRANT ALL ON TABLE t TO r WITH GRANT OPTION"]),
        (_list(ALL), _list(()), ["REVOKE ALL ON TABLE t FROM r"]),
        (_list(("SELECT",)), _list(ALL), ["GRANT ALL ON TABLE t TO r"]),
        (
            _list(()),
            _list(ALL, column="a"),
            ["GRANT ALL ON TABLE t TO r", "GRANT SELECT (a) ON TABLE t TO r"],
        ),
        (_list(()), _list(BEFORE_17), [f"GRANT {', '.join(BEFORE_17)} ON TABLE t TO r"]),
        (_list(BEFORE_17), _list(ALL), ["GRANT ALL ON TABLE t TO r"]),
    ],
)
def test_everything_is_all(old: Privileges, new: Privileges, statements: list[str]) -> None:
    """16 does not know MAINTAIN; ALL means there what there is."""
    assert list(old.becoming(new, WORDS)) == statements
