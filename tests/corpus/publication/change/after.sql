CREATE TABLE t (a bigint PRIMARY KEY, b int);
CREATE TABLE made (a int PRIMARY KEY);
CREATE PUBLICATION w FOR TABLE made;
CREATE PUBLICATION p FOR TABLE t, made WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root);
