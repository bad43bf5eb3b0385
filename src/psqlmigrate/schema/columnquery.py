"""What is read of the columns of tables (manual, 52.7)."""

from typing import LiteralString

from psqlmigrate.schema.inside import INSIDE
from psqlmigrate.schema.notnull import held_below, not_null_constraints

# Nobody knows how many rows such subqueries have, and a nested loop of two of them would compare
# each column with each NOT NULL. PostgreSQL runs no FULL JOIN as a nested loop.
_QUERY: LiteralString = """
WITH rel AS MATERIALIZED (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relispartition,
           c.reloftype <> 0 AS typed, c.relkind = 'p' AS partitioned, c.relhassubclass AS has_children,
           CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END AS relation
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), att AS MATERIALIZED (
    SELECT a.*, rel.schema, rel.name, rel.relispartition, rel.typed,
           rel.partitioned, rel.has_children, rel.relation
      FROM pg_catalog.pg_attribute a JOIN rel ON rel.oid = a.attrelid
     WHERE a.attnum > 0 AND NOT a.attisdropped
), typ AS MATERIALIZED (
    SELECT atttypid, atttypmod, pg_catalog.format_type(atttypid, atttypmod) AS type,
           (WITH RECURSIVE base AS (
                SELECT t.typbasetype AS oid, t.typtypmod AS modifier
                  FROM pg_catalog.pg_type t WHERE t.oid = atttypid AND t.typtype = 'd'
                UNION ALL SELECT t.typbasetype, t.typtypmod
                  FROM base JOIN pg_catalog.pg_type t ON t.oid = base.oid WHERE t.typtype = 'd')
            SELECT pg_catalog.format_type(base.oid, base.modifier)
              FROM base JOIN pg_catalog.pg_type t ON t.oid = base.oid WHERE t.typtype <> 'd') AS base,
           (SELECT pg_catalog.array_agg(ARRAY[pg_catalog.format_type(castsource, NULL),
                                              pg_catalog.format_type(casttarget, NULL),
                                              castcontext::text, castmethod::text])
              FROM pg_catalog.pg_cast c
             WHERE c.oid >= 16384 AND atttypid IN (castsource, casttarget)) AS casts,
           @inside AS inside
      FROM (SELECT DISTINCT atttypid, atttypmod FROM att) d
), whole AS MATERIALIZED (
    SELECT a.*, inh.not_null AS inh_not_null, nn.valid AS nn_valid, nn.no_inherit AS nn_no_inherit,
           nn.local AS nn_local, nn.crowded AS nn_crowded, nn.actual AS nn_actual,
           nn.name AS nn_name, nn.above AS nn_above, nn.astray AS nn_astray
      FROM att a
      FULL JOIN (@not_null) nn ON nn.conrelid = a.attrelid AND nn.attnum = a.attnum
      FULL JOIN @inherited inh ON inh.inhrelid = a.attrelid AND inh.attname = a.attname
)
SELECT a.attrelid, a.attnum::int, a.schema, a.name, a.attname::text, typ.type,
       CASE WHEN a.attcollation <> t.typcollation THEN
           (SELECT pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
              FROM pg_catalog.pg_collation co
              JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
             WHERE co.oid = a.attcollation)
       ELSE '' END,
       a.attnotnull, a.attgenerated::text,
       CASE WHEN a.attgenerated <> '' THEN
           (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d
             WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END,
       CASE WHEN a.attstorage = t.typstorage THEN '' ELSE a.attstorage::text END,
       a.attcompression::text, coalesce(a.attstattarget, -1)::int, a.attoptions, a.attislocal,
       coalesce(a.nn_name, ''), coalesce(a.nn_valid, true), coalesce(a.nn_no_inherit, false),
       NOT coalesce(a.inh_not_null, false), coalesce(a.nn_local, NOT coalesce(a.inh_not_null, false)),
       coalesce(a.nn_crowded, false), coalesce(a.nn_actual, ''),
       pg_catalog.jsonb_build_array(a.nn_above, a.nn_astray, @held),
       a.attnum::int, a.relispartition, a.typed, t.typstorage::text,
       a.partitioned AND EXISTS (
           SELECT FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                  AND d.objid = a.attrelid AND d.objsubid = a.attnum
                  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                  AND d.refobjid = a.attrelid AND d.refobjsubid = 0 AND d.deptype = 'i'),
       pg_catalog.current_setting('server_version_num')::int / 10000,
       @undefaulted,
       t.typtype = 'd' AND (t.typnotnull OR EXISTS (
           SELECT FROM pg_catalog.pg_constraint dk WHERE dk.contypid = t.oid)
           OR EXISTS (SELECT FROM pg_catalog.pg_type dt
                       WHERE dt.oid = t.typbasetype AND dt.typtype = 'd')),
       @parents,
       a.relation, a.relation = 'table' OR @has_children,
       coalesce(typ.base, typ.type), typ.casts, typ.inside
  FROM whole a
  LEFT JOIN typ USING (atttypid, atttypmod)
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
 WHERE a.attrelid IS NOT NULL"""


# What has to be known where tables have children, and what stands for it elsewhere: PostgreSQL
# takes as long to plan it as to plan and run all the rest.
_OF_TREES: tuple[tuple[LiteralString, LiteralString, LiteralString], ...] = (
    (
        "@inherited",
        """(
          SELECT i.inhrelid, p.attname, true AS not_null
            FROM pg_catalog.pg_inherits i
            JOIN pg_catalog.pg_attribute p ON p.attrelid = i.inhparent AND p.attnotnull
           WHERE p.attnum > 0 GROUP BY 1, 2
      )""",
        "(SELECT NULL::oid AS inhrelid, NULL::name AS attname, NULL::bool AS not_null WHERE false)",
    ),
    (
        "@undefaulted",
        """a.attinhcount > 0 AND NOT a.atthasdef AND EXISTS (
           SELECT FROM pg_catalog.pg_inherits i
             JOIN pg_catalog.pg_attribute pa ON pa.attrelid = i.inhparent
            WHERE i.inhrelid = a.attrelid AND pa.attname = a.attname AND pa.atthasdef
              AND pa.attgenerated = '')""",
        "false",
    ),
    (
        "@parents",
        """CASE WHEN a.attinhcount > 0 THEN
           (SELECT pg_catalog.array_agg(ARRAY[pn.nspname::text, p.relname::text] ORDER BY i.inhseqno)
              FROM pg_catalog.pg_inherits i
              JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
              JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
             WHERE i.inhrelid = a.attrelid) END""",
        "NULL::text[]",
    ),
    (
        "@has_children",
        """EXISTS (
           SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = a.attrelid)""",
        "false",
    ),
)


def column_query(version: int, *, trees: bool) -> LiteralString:
    """The query for a major; without `trees` for a database where no table has children."""
    query = _QUERY
    for name, known, nothing in _OF_TREES:
        query = query.replace(name, known if trees else nothing)
    nulls = not_null_constraints(version, trees=trees)
    held = held_below(version) if trees else "NULL::text[]"
    return query.replace("@not_null", nulls).replace("@held", held).replace("@inside", INSIDE)
