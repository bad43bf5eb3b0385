from psqlmigrate.service.rows.candidates import Type, Values, hints

TYPES = {
    1: Type("int4", "b", "N"),
    2: Type("varchar", "b", "S"),
    3: Type("numeric", "b", "N"),
    4: Type("status", "e", labels=("new", "done")),
    5: Type("_varchar", "a", base=2),
    6: Type("age", "d", base=1, checks=("CHECK ((VALUE > 17))",)),
    7: Type("pair", "c", fields=((1, -1), (2, -1))),
    8: Type("int4range", "r", base=1),
}
VALUES = Values(TYPES)


def test_constants_of_checks_and_their_neighbours_are_hints() -> None:
    said = hints(
        ["(status = ANY (ARRAY['a'::text, 'it''s'::text]))", "((n > 17) AND (n < '-5'::integer))"]
    )
    assert {"a", "it's", "17", "18", "16", "-5", "-4"} <= set(said)


def test_lengths_and_patterns_are_hints() -> None:
    said = hints(["(length(code) = 3)", "(name ~~ 'x%_'::text)", "(zip ~ '^[0-9]{5}$'::text)"])
    assert {"aaa", "AAA", "111", "xa", "00000"} <= set(said)


def test_a_varchar_gets_its_longest_text_and_nothing_longer() -> None:
    found = VALUES.of(2, 4 + 5, ("too long for it",))
    assert max(map(len, found)) == 5
    assert "é" * 5 in found
    assert "" in found


def test_a_numeric_gets_its_largest_value() -> None:
    found = VALUES.of(3, ((6 << 16) | 2) + 4, ())
    assert {"9999.99", "-9999.99", "-0.01"} <= set(found)


def test_types_made_of_others() -> None:
    assert VALUES.of(4, -1, ()) == ["new", "done"]
    assert "18" in VALUES.of(6, -1, ())
    assert '{"a"}' in VALUES.of(5, -1, ())
    assert '("1","a")' in VALUES.of(7, -1, ())
    assert '["1","2147483647")' in VALUES.of(8, -1, ())
