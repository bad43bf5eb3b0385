from psqlmigrate.service.rows.shapes import ColumnShape, ForeignKey, TableShape
from psqlmigrate.service.rows.waves import holders, waves


def _table(oid: int, *targets: int, null: bool = False) -> TableShape:
    table = TableShape(oid, "public", f"t{oid}", partitioned=False, parent=None)
    for target in targets:
        name = f"f{target}"
        table.columns[name] = ColumnShape(
            name, 23, -1, "integer", not null, has_default=False, counted=False
        )
        table.foreign_keys.append(ForeignKey((name,), target, ("id",)))
    return table


def _order(*tables: TableShape) -> list[set[int]]:
    known = {one.oid: one for one in tables}
    return [{one.oid for one in group} for group in waves(known, holders(known))]


def test_what_is_referred_to_comes_first() -> None:
    assert _order(_table(1, 2), _table(2, 3), _table(3)) == [{3}, {2}, {1}]


def test_a_chain_of_thousands_is_no_recursion() -> None:
    tables = [_table(i, i + 1) for i in range(5000)]
    assert _order(*tables, _table(5000))[0] == {5000}


def test_a_circle_is_one_group_and_a_key_that_may_be_null_opens_it() -> None:
    assert _order(_table(1, 2), _table(2, 3), _table(3, 1), _table(4, 1)) == [{1, 2, 3}, {4}]
    assert _order(_table(1, 2), _table(2, 1, null=True)) == [{2}, {1}]


def test_partitions_hold_the_rows_of_their_parent() -> None:
    parent = TableShape(1, "public", "p", partitioned=True, parent=None)
    leaf = TableShape(2, "public", "p1", partitioned=False, parent=1)
    known = {1: parent, 2: leaf, 3: _table(3, 1)}
    assert holders(known) == {1: [2], 2: [2], 3: [3]}
    order = [one.oid for group in waves(known, holders(known)) for one in group]
    assert order.index(2) < order.index(3)
