-- roles: app reader
CREATE VIEW v AS SELECT 'x'::text AS a; ALTER VIEW v OWNER TO app; GRANT SELECT ON v TO reader;
