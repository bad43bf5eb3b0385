"""What somebody's code sets for a session that others get as well: found out, and put back.

RESET ALL would also take away what the pooler has set for everybody (PgBouncer's connect_query).
"""

from psqlmigrate.postgres.connection import Connection
from psqlmigrate.schema.sqltext import literal, sql

# Before anything is set for the transaction: pg_settings shows both alike.
_FOUND = b"""
SELECT pg_catalog.jsonb_object_agg(s.name, s.setting)::pg_catalog.text FROM (
  SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session'
  UNION ALL SELECT 'role', pg_catalog.current_setting('role')) s"""

# What COMMIT has left; the settings of a transaction are over by then. A parameter that the role
# may not set was not set by it, and an error here would be told of a migration that is committed.
_BACK = """
SELECT pg_catalog.set_config(w.name, w.value, false) FROM (
  SELECT 'role' AS name, b.value, pg_catalog.current_setting('role') AS now
    FROM pg_catalog.jsonb_each_text({found}::pg_catalog.jsonb) b(name, value) WHERE b.name = 'role'
  UNION ALL
  SELECT s.name, COALESCE(b.value, s.reset_val), s.setting
    FROM pg_catalog.pg_settings s
    LEFT JOIN pg_catalog.jsonb_each_text({found}::pg_catalog.jsonb) b(name, value)
      ON b.name = s.name
   WHERE (s.source = 'session' OR b.name IS NOT NULL) AND s.name NOT LIKE 'transaction\\_%'
     AND (s.context = 'user'
          OR s.context = 'superuser' AND pg_catalog.current_setting('is_superuser') = 'on')) w
 WHERE w.now IS DISTINCT FROM w.value"""


def begin(connection: Connection) -> str:
    """Begins a transaction; what its session had by then."""
    cursor = connection.begin_plainly(_FOUND)
    row = cursor.fetchone()
    return str(row[0]) if row else "{}"


def putting_back(found: str) -> bytes:
    """The statement, sent with COMMIT, that leaves the session as it was."""
    return sql(_BACK, found=literal(found)).encode()
