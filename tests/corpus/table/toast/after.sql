CREATE TABLE t (a text) WITH (toast.autovacuum_vacuum_threshold = 5, autovacuum_enabled = false); CREATE TABLE u (a text) WITH (toast.autovacuum_enabled = true);
