"""The order of tables: every need is met, let go where that is allowed, or refused."""

from hypothesis import given
from hypothesis import strategies as st

from psqlmigrate.service.seeds.order import CircleError, Edge, order

TABLES = list(range(6))
EDGES = st.lists(
    st.builds(
        Edge,
        st.sampled_from(TABLES),
        st.sampled_from(TABLES),
        st.just(("c",)),
        st.none() | st.just(("public", "fk")),
        st.just(()) | st.just(("c",)),
    ),
    max_size=14,
)


@given(EDGES)
def test_every_need_is_met(edges: list[Edge]) -> None:
    try:
        found = order(TABLES, edges)
    except CircleError as error:
        ring = error.edges
        assert all(
            one.target == after.source
            for one, after in zip(ring, [*ring[1:], ring[0]], strict=True)
        )
        assert all(one in edges for one in ring)
        assert not any(one.constraint or one.postponable for one in ring)
        return
    assert sorted(found.tables) == TABLES
    place = {one: at for at, one in enumerate(found.tables)}
    for edge in edges:
        if edge.source != edge.target and place[edge.target] > place[edge.source]:
            deferred = edge.constraint is not None and edge.constraint in found.deferred
            assert deferred or set(edge.postponable) & found.postponed.get(edge.source, set())


def test_the_files_order_where_nothing_speaks_against_it() -> None:
    assert order([3, 1, 2], []).tables == [3, 1, 2]
    assert order([3, 1, 2], [Edge(3, 2, ("c",))]).tables == [1, 2, 3]
