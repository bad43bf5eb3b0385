INSERT INTO log VALUES ('2020-02-02', 'a'), ('2022-02-02', 'b');
