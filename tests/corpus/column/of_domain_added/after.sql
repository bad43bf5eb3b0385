CREATE DOMAIN d AS text CHECK (value <> '');
CREATE DOMAIN free AS text;
CREATE TABLE t (a int, b d, c free, e d DEFAULT 'x');
