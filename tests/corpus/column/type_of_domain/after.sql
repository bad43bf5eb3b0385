CREATE DOMAIN d AS money; CREATE DOMAIN dd AS d; CREATE DOMAIN s AS varchar(3) CHECK (value <> 'x'); CREATE DOMAIN n AS bigint; CREATE TABLE t (a integer, b numeric, c n, e s, f d);
