-- requires: 15
CREATE VIEW v AS SELECT 1 AS a;
