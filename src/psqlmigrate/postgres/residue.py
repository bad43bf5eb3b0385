"""What is in a database and in no catalog of ours: owners, grants, orders, rarer kinds of objects.

Texts to be compared between two databases of one server, nothing more.
"""

from psqlmigrate.postgres.connect import Connection
from psqlmigrate.schema.sqltext import ident, join, literal, sql

_PARTS = (
    """
SELECT pg_catalog.concat_ws(' ', 'relation', c.oid::pg_catalog.regclass, c.relkind,
       c.relowner::pg_catalog.regrole, c.relacl, c.reloptions, c.relpersistence, c.relreplident,
       c.relrowsecurity, c.relforcerowsecurity, c.relispopulated, c.reltablespace, a.amname)
  FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam
 WHERE c.oid >= '16384' AND c.relkind <> 't' AND c.relnamespace <> 'pg_toast'::pg_catalog.regnamespace""",
    """
SELECT pg_catalog.concat_ws(' ', 'column', c.oid::pg_catalog.regclass,
       pg_catalog.row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname, a.attacl,
       a.attstattarget, a.attstorage, a.attcompression, a.attoptions, a.attfdwoptions)
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
 WHERE c.oid >= '16384' AND c.relkind NOT IN ('t', 'i', 'I') AND a.attnum > 0 AND NOT a.attisdropped""",
    """
SELECT pg_catalog.concat_ws(' ', 'index', indexrelid::pg_catalog.regclass, indisclustered,
       indisreplident, indisvalid)
  FROM pg_catalog.pg_index WHERE indexrelid >= '16384'
   AND indrelid::pg_catalog.regclass::text !~ '^pg_toast\\.'""",
    """
SELECT pg_catalog.concat_ws(' ', 'routine', oid::pg_catalog.regprocedure,
       proowner::pg_catalog.regrole, proacl, proconfig)
  FROM pg_catalog.pg_proc WHERE oid >= '16384'""",
    """
SELECT pg_catalog.concat_ws(' ', 'aggregate', aggfnoid::pg_catalog.regprocedure, aggtransfn,
       aggfinalfn, aggcombinefn, aggtranstype::pg_catalog.regtype, agginitval)
  FROM pg_catalog.pg_aggregate WHERE aggfnoid::pg_catalog.oid >= '16384'""",
    """
SELECT pg_catalog.concat_ws(' ', 'type', oid::pg_catalog.regtype, typowner::pg_catalog.regrole, typacl)
  FROM pg_catalog.pg_type WHERE oid >= '16384' AND typtype <> 'c' AND typelem = '0'""",
    """
SELECT pg_catalog.concat_ws(' ', 'schema', nspname, nspowner::pg_catalog.regrole, nspacl)
  FROM pg_catalog.pg_namespace WHERE nspname::text !~ '^pg_'""",
    """
SELECT pg_catalog.concat_ws(' ', 'default grants', defaclrole::pg_catalog.regrole,
       nullif(defaclnamespace, '0')::pg_catalog.regnamespace, defaclobjtype, defaclacl)
  FROM pg_catalog.pg_default_acl""",
    """
SELECT pg_catalog.concat_ws(' ', 'event trigger', evtname, evtevent, evtfoid::pg_catalog.regproc,
       evtenabled, evttags) FROM pg_catalog.pg_event_trigger""",
    """
SELECT pg_catalog.concat_ws(' ', 'rule', pg_catalog.pg_get_ruledef(oid), ev_enabled)
  FROM pg_catalog.pg_rewrite WHERE rulename <> '_RETURN' AND oid >= '16384'""",
    """
SELECT pg_catalog.concat_ws(' ', 'trigger', tgrelid::pg_catalog.regclass, tgname, tgenabled)
  FROM pg_catalog.pg_trigger WHERE NOT tgisinternal""",
    """
SELECT pg_catalog.concat_ws(' ', 'statistics', pg_catalog.pg_get_statisticsobjdef(oid), stxstattarget)
  FROM pg_catalog.pg_statistic_ext""",
    """
SELECT pg_catalog.concat_ws(' ', 'publication', (pg_catalog.to_jsonb(p) - 'oid'))
  FROM pg_catalog.pg_publication p""",
    """
SELECT pg_catalog.concat_ws(' ', 'published', p.pubname, prrelid::pg_catalog.regclass)
  FROM pg_catalog.pg_publication_rel JOIN pg_catalog.pg_publication p ON p.oid = prpubid""",
    """
SELECT pg_catalog.concat_ws(' ', 'setting', setrole, setconfig) FROM pg_catalog.pg_db_role_setting
  JOIN pg_catalog.pg_database d ON d.oid = setdatabase
 WHERE d.datname = pg_catalog.current_database()""",
    """
SELECT pg_catalog.concat_ws(' ', 'object', pg_catalog.pg_describe_object(classid, objid, objsubid))
  FROM pg_catalog.pg_depend
 WHERE objid >= '16384' AND objsubid = 0 AND classid <> ALL (ARRAY['pg_catalog.pg_class',
       'pg_catalog.pg_type', 'pg_catalog.pg_attrdef', 'pg_catalog.pg_trigger',
       'pg_catalog.pg_constraint', 'pg_catalog.pg_rewrite']::pg_catalog.regclass[]::pg_catalog.oid[])""",
    """
SELECT pg_catalog.concat_ws(' ', 'comment', pg_catalog.pg_describe_object(classoid, objoid, objsubid),
       description) FROM pg_catalog.pg_description WHERE objoid >= '16384'""",
    """
SELECT pg_catalog.concat_ws(' ', 'foreign table', ftrelid::pg_catalog.regclass, ftoptions)
  FROM pg_catalog.pg_foreign_table""",
    """
SELECT pg_catalog.concat_ws(' ', 'large objects', pg_catalog.count(*))
  FROM pg_catalog.pg_largeobject_metadata""",
)

_VIEWS = """
SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'm' AND c.relispopulated ORDER BY 1, 2"""


def residue(connection: Connection) -> frozenset[str]:
    """A line for each thing."""
    with connection.transaction():
        connection.execute("SELECT pg_catalog.set_config('search_path', '', true)")
        query = " UNION ".join(_PARTS)
        found = {line for (line,) in connection.execute(query.encode())}
        return frozenset(found | _materialized(connection))


def _materialized(connection: Connection) -> set[str]:
    """What materialized views hold."""
    views = connection.execute(_VIEWS).fetchall()
    parts = (
        sql(
            "SELECT {}::text || ' ' || pg_catalog.md5(coalesce(pg_catalog.string_agg("
            "v::text, E'\\n' ORDER BY v::text), '')) FROM {} v",
            literal(f"materialized view {schema}.{name}"),
            ident(schema, name),
        )
        for schema, name in views
    )
    if not views:
        return set()
    return {line for (line,) in connection.execute(join(" UNION ALL ", parts).encode())}
