SELECT t.id, c, d::text, w.id FROM t LEFT JOIN w ON t_id = t.id ORDER BY t.id, w.id
