-- roles: app reader
CREATE VIEW v AS SELECT 1 AS a; ALTER VIEW v OWNER TO app; GRANT SELECT ON v TO reader;
