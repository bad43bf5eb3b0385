CREATE TABLE t (v varchar(9));
ALTER TABLE t ADD CONSTRAINT c CHECK (v IN ('a', 'b'));
