CREATE TABLE t (a bigint PRIMARY KEY);
CREATE SUBSCRIPTION s CONNECTION 'host=two dbname=d' PUBLICATION p, "Q" WITH (connect = false, enabled = false, slot_name = NONE, synchronous_commit = 'local');
CREATE SUBSCRIPTION "Made" CONNECTION 'host=x password=''hid den'' dbname=d' PUBLICATION p WITH (connect = false, enabled = false, slot_name = NONE);
COMMENT ON SUBSCRIPTION s IS 'x';
