SELECT t.*, u.* FROM t, u
