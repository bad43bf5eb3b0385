SELECT id, n, a, b, twice FROM p UNION ALL SELECT p, a, 0, 'q', 0 FROM q
UNION ALL SELECT last_value, 0, 0, 'identity', 0 FROM p_id_seq
UNION ALL SELECT last_value, 0, 0, 'serial', 0 FROM p_n_seq ORDER BY 1, 4
