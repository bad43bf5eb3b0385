INSERT INTO t (a, b, e, f) VALUES (1::numeric, 2::numeric, 'abc', 3::numeric);
