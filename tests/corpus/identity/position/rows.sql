INSERT INTO s (id, x) SELECT n, n FROM generate_series(1, 20) n; INSERT INTO n SELECT n, n FROM generate_series(1, 30) n;
