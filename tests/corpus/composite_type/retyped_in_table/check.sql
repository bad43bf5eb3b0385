SELECT id, (x).a, (x).b::numeric, (x).c::int, (x)."D d", x IS DISTINCT FROM NULL, (z).a, z IS DISTINCT FROM NULL FROM t ORDER BY id
