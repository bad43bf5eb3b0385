SELECT nextval('a'), nextval('b'); INSERT INTO t DEFAULT VALUES;
