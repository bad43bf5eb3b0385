CREATE TABLE t (a int PRIMARY KEY);
CREATE SUBSCRIPTION s CONNECTION 'host=one dbname=d' PUBLICATION p WITH (connect = false, enabled = false, slot_name = NONE, binary = true);
