CREATE DOMAIN d AS money; CREATE DOMAIN dd AS d; CREATE DOMAIN s AS varchar(3) CHECK (value <> 'x'); CREATE TABLE t (a d, b dd, c boolean, e text, f numeric(8,2));
