-- fact: schema.name
CREATE SCHEMA further
-- fact: extension.name
DROP EXTENSION citext; CREATE EXTENSION hstore
-- fact: extension.schema
ALTER EXTENSION citext SET SCHEMA other
-- fact: enum.name
ALTER TYPE mood RENAME TO humour
-- fact: enum.schema
ALTER TYPE mood SET SCHEMA other
-- fact: enum.labels
ALTER TYPE mood RENAME VALUE 'bad' TO 'sad'
-- fact: enum.labels
ALTER TYPE mood ADD VALUE 'so so' BEFORE 'bad'
-- fact: composite type.name
DROP TABLE typed; ALTER TYPE pair RENAME TO couple; CREATE TABLE typed OF couple
-- fact: composite type.schema
ALTER TYPE pair SET SCHEMA other
-- fact: composite type.attributes
DROP TABLE typed; ALTER TYPE pair ALTER ATTRIBUTE b TYPE varchar(3); CREATE TABLE typed OF pair
-- fact: composite type.attributes
DROP TABLE typed; ALTER TYPE pair ADD ATTRIBUTE c int; CREATE TABLE typed OF pair
-- fact: domain.schema
ALTER DOMAIN short SET SCHEMA other
-- fact: domain.name
ALTER DOMAIN short RENAME TO brief
-- fact: domain.type
DROP DOMAIN short; CREATE DOMAIN short AS varchar(8) COLLATE "C" DEFAULT 'x' CHECK (value <> '')
-- fact: domain.collation
DROP DOMAIN short; CREATE DOMAIN short AS varchar(9) COLLATE "POSIX" DEFAULT 'x' CHECK (value <> '')
-- fact: domain.not_null
ALTER DOMAIN short SET NOT NULL
-- fact: domain.not_null_name, since 17
ALTER DOMAIN filled RENAME CONSTRAINT filled_not_null TO there
-- fact: domain.default
ALTER DOMAIN short SET DEFAULT 'y'
-- fact: domain.constraints
ALTER DOMAIN short ADD CONSTRAINT more CHECK (value <> ' ')
-- fact: sequence.schema
ALTER SEQUENCE counter SET SCHEMA other
-- fact: sequence.name
ALTER SEQUENCE counter RENAME TO numbers
-- fact: sequence.persistence, since 15
ALTER SEQUENCE counter SET UNLOGGED
-- fact: sequence.type
ALTER SEQUENCE counter AS bigint
-- fact: sequence.start
ALTER SEQUENCE counter START 6
-- fact: sequence.increment
ALTER SEQUENCE counter INCREMENT 6
-- fact: sequence.minimum
ALTER SEQUENCE counter MINVALUE 2
-- fact: sequence.maximum
ALTER SEQUENCE counter MAXVALUE 999
-- fact: sequence.cache
ALTER SEQUENCE counter CACHE 3
-- fact: sequence.cycle
ALTER SEQUENCE counter CYCLE
-- fact: function.schema
ALTER FUNCTION plus SET SCHEMA other
-- fact: function.name
ALTER FUNCTION plus RENAME TO add
-- fact: function.arguments
DROP FUNCTION plus; CREATE FUNCTION plus(a bigint, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a::int + b'
-- fact: function.routine
DROP FUNCTION plus; CREATE PROCEDURE plus(a int, b int DEFAULT 1) LANGUAGE sql AS 'SELECT a + b'
-- fact: function.signature
DROP FUNCTION plus; CREATE FUNCTION plus(a int, b int DEFAULT 1) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT a + b'; COMMENT ON FUNCTION plus IS 'adds'
-- fact: function.definition
CREATE OR REPLACE FUNCTION plus(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT b + a'
-- fact: function.definition
ALTER FUNCTION plus COST 7 SECURITY DEFINER SET search_path = other
-- fact: function.definition
CREATE OR REPLACE FUNCTION plus(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b'
-- fact: table.schema
ALTER TABLE stray SET SCHEMA other
-- fact: table.name
ALTER TABLE stray RENAME TO lost
-- fact: table.persistence
ALTER TABLE stray SET UNLOGGED
-- fact: table.access_method, since 15
ALTER TABLE t SET ACCESS METHOD heaps
-- fact: table.partition_key
DROP TABLE loose; CREATE TABLE loose (a int, b text) PARTITION BY LIST (a); CREATE INDEX loose_a ON loose (a)
-- fact: table.options
ALTER TABLE t SET (fillfactor = 70)
-- fact: table.options
ALTER TABLE t SET (toast.autovacuum_enabled = off)
-- fact: table.row_security
ALTER TABLE u DISABLE ROW LEVEL SECURITY
-- fact: table.force_row_security
ALTER TABLE u FORCE ROW LEVEL SECURITY
-- fact: table.of_type
ALTER TABLE typed NOT OF
-- fact: table.replica_identity
ALTER TABLE t REPLICA IDENTITY FULL
-- fact: table.tablespace
-- excluded: a second tablespace is a directory of the server's; tests/corpus/test_found.py has it
-- fact: column.schema
-- excluded: goes with table.schema
-- fact: column.table
-- excluded: goes with table.name
-- fact: column.name
ALTER TABLE t RENAME COLUMN doc TO document
-- fact: column.type
ALTER TABLE t ALTER code TYPE varchar(30)
-- fact: column.type
ALTER TABLE t ALTER at TYPE timestamp
-- fact: column.collation
ALTER TABLE t ALTER code TYPE varchar(20) COLLATE "POSIX"
-- fact: column.not_null
ALTER TABLE t ALTER at SET NOT NULL
-- fact: column.not_null
ALTER TABLE t ALTER code DROP NOT NULL
-- fact: column.generated
ALTER TABLE t ALTER twice DROP EXPRESSION
-- fact: column.expression
ALTER TABLE t DROP twice; ALTER TABLE t ADD twice numeric GENERATED ALWAYS AS (amount * 3) STORED
-- fact: column.storage
ALTER TABLE t ALTER doc SET STORAGE EXTERNAL
-- fact: column.compression
ALTER TABLE t ALTER name SET COMPRESSION pglz
-- fact: column.statistics
ALTER TABLE t ALTER name SET STATISTICS 500
-- fact: column.options
ALTER TABLE t ALTER name SET (n_distinct = 5)
-- fact: column.not_null_name, since 18
ALTER TABLE stray RENAME CONSTRAINT stray_k_not_null TO there
-- fact: column.not_null_valid, since 18
ALTER TABLE t ADD CONSTRAINT t_at_not_null NOT NULL at NOT VALID
-- fact: column.not_null_no_inherit, since 18
ALTER TABLE stray ALTER CONSTRAINT stray_k_not_null NO INHERIT
-- fact: column.not_null_own
ALTER TABLE parent ALTER n SET NOT NULL
-- fact: default.schema
-- excluded: goes with table.schema
-- fact: default.table
-- excluded: goes with table.name
-- fact: default.column
ALTER TABLE t ALTER code SET DEFAULT 'c'
-- fact: default.expression
ALTER TABLE t ALTER name SET DEFAULT 'somebody'
-- fact: identity.schema
-- excluded: goes with table.schema
-- fact: identity.table
-- excluded: goes with table.name
-- fact: identity.column
ALTER TABLE t ALTER id DROP IDENTITY
-- fact: identity.when
ALTER TABLE t ALTER id SET GENERATED ALWAYS
-- fact: identity.sequence_schema
-- excluded: an identity's sequence stays in the schema of its table
-- fact: identity.sequence_name
ALTER SEQUENCE t_id_seq RENAME TO t_numbers
-- fact: identity.start
ALTER TABLE t ALTER id SET START 3
-- fact: identity.increment
ALTER TABLE t ALTER id SET INCREMENT 3
-- fact: identity.minimum
ALTER TABLE t ALTER id SET MINVALUE -5
-- fact: identity.maximum
ALTER TABLE t ALTER id SET MAXVALUE 5000
-- fact: identity.cache
ALTER TABLE t ALTER id SET CACHE 4
-- fact: identity.cycle
ALTER TABLE t ALTER id SET CYCLE
-- fact: identity.persistence, since 15
ALTER SEQUENCE t_id_seq SET UNLOGGED
-- fact: sequence owner.schema
-- excluded: goes with table.schema: PostgreSQL keeps both in one schema
-- fact: sequence owner.table_schema
-- excluded: goes with table.schema: PostgreSQL keeps both in one schema
-- fact: sequence owner.sequence
ALTER SEQUENCE counter OWNED BY u.v
-- fact: sequence owner.table
ALTER SEQUENCE owned OWNED BY u.t
-- fact: sequence owner.column
ALTER SEQUENCE owned OWNED BY t.id
-- fact: partition.schema
-- excluded: goes with table.schema
-- fact: partition.parent
CREATE TABLE q (LIKE p INCLUDING ALL) PARTITION BY RANGE (a); ALTER TABLE p DETACH PARTITION p_two; DROP INDEX p_two_a_idx; ALTER TABLE q ATTACH PARTITION p_two FOR VALUES FROM (10) TO (20)
-- fact: partition.parent_schema
ALTER TABLE p DETACH PARTITION p_two; CREATE TABLE other.p (LIKE p INCLUDING ALL) PARTITION BY RANGE (a); DROP INDEX p_two_a_idx; ALTER TABLE other.p ATTACH PARTITION p_two FOR VALUES FROM (10) TO (20)
-- fact: partition.table
ALTER TABLE p ATTACH PARTITION loose FOR VALUES FROM (50) TO (60)
-- fact: partition.bound
ALTER TABLE p DETACH PARTITION p_two; ALTER TABLE p ATTACH PARTITION p_two FOR VALUES FROM (10) TO (30)
-- fact: inheritance.schema
-- excluded: goes with table.schema
-- fact: inheritance.parent_schema
-- excluded: goes with table.schema
-- fact: inheritance.table
ALTER TABLE stray INHERIT parent
-- fact: inheritance.parent
ALTER TABLE child NO INHERIT parent
-- fact: constraint.schema
-- excluded: goes with table.schema
-- fact: constraint.table
-- excluded: goes with table.name
-- fact: constraint.name
ALTER TABLE t RENAME CONSTRAINT t_amount TO positive
-- fact: constraint.type
ALTER TABLE t DROP CONSTRAINT t_amount; ALTER TABLE t ADD CONSTRAINT t_amount UNIQUE (amount)
-- fact: constraint.definition
ALTER TABLE t DROP CONSTRAINT t_amount; ALTER TABLE t ADD CONSTRAINT t_amount CHECK (amount > 0)
-- fact: constraint.definition
ALTER TABLE u DROP CONSTRAINT u_t; ALTER TABLE u ADD CONSTRAINT u_t FOREIGN KEY (t) REFERENCES t (id) ON DELETE SET NULL
-- fact: constraint.definition
ALTER TABLE u ALTER CONSTRAINT u_t DEFERRABLE INITIALLY DEFERRED
-- fact: constraint.definition
ALTER TABLE u ADD CONSTRAINT late CHECK (v > 5) NOT VALID
-- fact: constraint.options
ALTER INDEX t_code SET (fillfactor = 60)
-- fact: constraint.clustered
ALTER TABLE t CLUSTER ON t_code
-- fact: constraint.replica_identity
ALTER TABLE t REPLICA IDENTITY USING INDEX t_code
-- fact: constraint.tablespace
-- excluded: as table.tablespace
-- fact: view.schema
ALTER VIEW v SET SCHEMA other
-- fact: view.name
ALTER VIEW v RENAME TO seen
-- fact: view.options, since 15
ALTER VIEW v SET (security_invoker = true)
-- fact: view.columns
CREATE OR REPLACE VIEW v WITH (security_barrier = true) AS SELECT id, name, code FROM t
-- fact: view.definition
CREATE OR REPLACE VIEW v WITH (security_barrier = true) AS SELECT id, name FROM t WHERE id > 1
-- fact: materialized view.schema
ALTER MATERIALIZED VIEW m SET SCHEMA other
-- fact: materialized view.name
ALTER MATERIALIZED VIEW m RENAME TO kept
-- fact: materialized view.access_method, since 15
ALTER MATERIALIZED VIEW m SET ACCESS METHOD heaps
-- fact: materialized view.options
ALTER MATERIALIZED VIEW m SET (fillfactor = 60)
-- fact: materialized view.definition
DROP MATERIALIZED VIEW m; CREATE MATERIALIZED VIEW m WITH (fillfactor = 80) AS SELECT id, name FROM t WHERE id > 1; CREATE INDEX m_id ON m (id)
-- fact: materialized view.tablespace
-- excluded: as table.tablespace
-- fact: materialized view.columns
ALTER MATERIALIZED VIEW m ALTER name SET STATISTICS 300
-- fact: index.schema
-- excluded: goes with table.schema
-- fact: index.name
ALTER INDEX t_at RENAME TO t_day
-- fact: index.table
DROP INDEX t_at; CREATE INDEX t_at ON u (v)
-- fact: index.definition
DROP INDEX t_at; CREATE INDEX t_at ON t (at DESC)
-- fact: index.definition
DROP INDEX t_lower; CREATE INDEX t_lower ON t (lower(name)) WHERE amount > 2
-- fact: index.definition
DROP INDEX t_at; CREATE INDEX t_at ON t (at) INCLUDE (name)
-- fact: index.options
ALTER INDEX t_at SET (fillfactor = 60)
-- fact: index.statistics
ALTER INDEX t_lower ALTER COLUMN 1 SET STATISTICS 300
-- fact: index.clustered
ALTER TABLE t CLUSTER ON t_at
-- fact: index.replica_identity
ALTER TABLE t REPLICA IDENTITY USING INDEX t_whole
-- fact: index.tablespace
-- excluded: as table.tablespace
-- fact: index.valid
-- excluded: only a build that failed leaves such a one; tests/corpus/test_found.py has it
-- fact: index partition.schema
-- excluded: goes with table.schema
-- fact: index partition.parent_schema
-- excluded: goes with table.schema
-- fact: index partition.index
CREATE INDEX p_b ON p (b)
-- fact: index partition.parent
ALTER INDEX p_a RENAME TO p_by_a
-- fact: index partition.table
-- excluded: goes with index.table
-- fact: index partition.parent_table
-- excluded: goes with table.name
-- fact: index partition.constraint
DROP INDEX p_a; ALTER TABLE p ADD CONSTRAINT p_a UNIQUE (a)
-- fact: trigger.schema
-- excluded: goes with table.schema
-- fact: trigger.table
CREATE TRIGGER touched BEFORE UPDATE ON u FOR EACH ROW EXECUTE FUNCTION touch()
-- fact: trigger.name
ALTER TRIGGER touched ON t RENAME TO felt
-- fact: trigger.relation
-- excluded: the word for what trigger.table is: a table or a view
-- fact: trigger.definition
DROP TRIGGER touched ON t; CREATE TRIGGER touched AFTER UPDATE ON t FOR EACH ROW WHEN (new.id > 1) EXECUTE FUNCTION touch()
-- fact: trigger.enabled
ALTER TABLE t ENABLE ALWAYS TRIGGER touched
-- fact: trigger.enabled
ALTER TABLE t DISABLE TRIGGER touched
-- fact: policy.schema
-- excluded: goes with table.schema
-- fact: policy.table
CREATE POLICY seen ON t USING (id > 0)
-- fact: policy.name
ALTER POLICY seen ON u RENAME TO shown
-- fact: policy.permissive
DROP POLICY seen ON u; CREATE POLICY seen ON u AS RESTRICTIVE USING (v > 0) WITH CHECK (v > 1)
-- fact: policy.command
DROP POLICY asked ON u; CREATE POLICY asked ON u FOR DELETE USING (v > 0)
-- fact: policy.using
ALTER POLICY seen ON u USING (v > 3)
-- fact: policy.check
ALTER POLICY seen ON u WITH CHECK (v > 3)
-- fact: policy.roles
ALTER POLICY seen ON u TO pg_monitor
-- fact: comment.target
COMMENT ON TABLE u IS 'others'
-- fact: comment.part
COMMENT ON COLUMN v.name IS 'shown'
-- fact: comment.text
COMMENT ON TABLE t IS 'other things'
-- fact: extension.version
-- excluded: no extension comes with every PostgreSQL in two versions
-- fact: collation.schema
ALTER COLLATION plain SET SCHEMA other
-- fact: collation.name
ALTER COLLATION plain RENAME TO simple
-- fact: collation.provider, since 17
DROP COLLATION plain; CREATE COLLATION plain (provider = builtin, locale = 'C')
-- fact: collation.locale
DROP COLLATION plain; CREATE COLLATION plain (provider = libc, lc_collate = 'POSIX', lc_ctype = 'C')
-- fact: collation.character_type
DROP COLLATION plain; CREATE COLLATION plain (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX')
-- fact: collation.deterministic
-- excluded: only ICU has others, which not every PostgreSQL has; tests/corpus/collation has it
-- fact: collation.rules
-- excluded: as collation.deterministic
-- fact: base type.schema
ALTER TYPE raw SET SCHEMA other
-- fact: base type.name
ALTER TYPE raw RENAME TO rough
-- fact: base type.options
ALTER TYPE raw SET (STORAGE = extended)
-- fact: range type.schema
ALTER TYPE span SET SCHEMA other
-- fact: range type.name
ALTER TYPE words RENAME TO phrases
-- fact: range type.subtype
DROP TYPE words; CREATE TYPE words AS RANGE (SUBTYPE = varchar, COLLATION = "C")
-- fact: range type.opclass
DROP TYPE words; CREATE TYPE words AS RANGE (SUBTYPE = text, SUBTYPE_OPCLASS = text_pattern_ops, COLLATION = "C")
-- fact: range type.collation
DROP TYPE words; CREATE TYPE words AS RANGE (SUBTYPE = text, COLLATION = "POSIX")
-- fact: range type.canonical
-- excluded: such a function is written in C
-- fact: range type.difference
DROP TYPE span; CREATE TYPE span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = gap2, MULTIRANGE_TYPE_NAME = spans)
-- fact: range type.multirange_schema
ALTER TYPE spans SET SCHEMA other
-- fact: range type.multirange
ALTER TYPE spans RENAME TO gaps
-- fact: text search parser.schema
ALTER TEXT SEARCH PARSER pars SET SCHEMA other
-- fact: text search parser.name
ALTER TEXT SEARCH PARSER pars RENAME TO cutter
-- fact: text search parser.start
-- excluded: PostgreSQL has one parser's functions only
-- fact: text search parser.get_token
-- excluded: as text search parser.start
-- fact: text search parser.end
-- excluded: as text search parser.start
-- fact: text search parser.headline
DROP TEXT SEARCH PARSER pars; CREATE TEXT SEARCH PARSER pars (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, HEADLINE = prsd_headline, LEXTYPES = prsd_lextype)
-- fact: text search parser.lexeme_types
-- excluded: as text search parser.start
-- fact: text search template.schema
ALTER TEXT SEARCH TEMPLATE temp SET SCHEMA other
-- fact: text search template.name
ALTER TEXT SEARCH TEMPLATE temp RENAME TO mould
-- fact: text search template.init
DROP TEXT SEARCH TEMPLATE temp; CREATE TEXT SEARCH TEMPLATE temp (LEXIZE = dsimple_lexize)
-- fact: text search template.lexize
DROP TEXT SEARCH TEMPLATE temp; CREATE TEXT SEARCH TEMPLATE temp (INIT = dsimple_init, LEXIZE = dsynonym_lexize)
-- fact: text search dictionary.schema
ALTER TEXT SEARCH DICTIONARY dict SET SCHEMA other
-- fact: text search dictionary.name
ALTER TEXT SEARCH DICTIONARY dict RENAME TO lexicon
-- fact: text search dictionary.template
CREATE TEXT SEARCH DICTIONARY fresh (TEMPLATE = temp); ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING REPLACE dict WITH fresh; DROP TEXT SEARCH DICTIONARY dict; CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = temp, STOPWORDS = english); ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING REPLACE fresh WITH dict; DROP TEXT SEARCH DICTIONARY fresh
-- fact: text search dictionary.options
ALTER TEXT SEARCH DICTIONARY dict (ACCEPT = false)
-- fact: text search configuration.schema
ALTER TEXT SEARCH CONFIGURATION conf SET SCHEMA other
-- fact: text search configuration.name
ALTER TEXT SEARCH CONFIGURATION conf RENAME TO config
-- fact: text search configuration.parser
DROP TEXT SEARCH CONFIGURATION conf; CREATE TEXT SEARCH CONFIGURATION conf (PARSER = pars); ALTER TEXT SEARCH CONFIGURATION conf ADD MAPPING FOR word WITH dict
-- fact: text search configuration.mappings
ALTER TEXT SEARCH CONFIGURATION conf ADD MAPPING FOR asciiword WITH dict
-- fact: foreign data wrapper.name
ALTER FOREIGN DATA WRAPPER wrap RENAME TO cover
-- fact: foreign data wrapper.handler
-- excluded: such a function is written in C
-- fact: foreign data wrapper.validator
CREATE FOREIGN DATA WRAPPER strict VALIDATOR postgresql_fdw_validator
-- fact: foreign data wrapper.options
ALTER FOREIGN DATA WRAPPER wrap OPTIONS (SET a '2')
-- fact: server.name
ALTER SERVER farther RENAME TO away
-- fact: server.wrapper
DROP SERVER farther; CREATE FOREIGN DATA WRAPPER other; CREATE SERVER farther FOREIGN DATA WRAPPER other
-- fact: server.type
DROP SERVER farther; CREATE SERVER farther TYPE 'n' FOREIGN DATA WRAPPER wrap
-- fact: server.version
ALTER SERVER far VERSION '2'
-- fact: server.options
ALTER SERVER far OPTIONS (ADD port '1')
-- fact: user mapping.server
CREATE USER MAPPING FOR PUBLIC SERVER farther
-- fact: user mapping.user
CREATE USER MAPPING FOR pg_monitor SERVER far
-- fact: user mapping.options
ALTER USER MAPPING FOR PUBLIC SERVER far OPTIONS (SET user 'v')
-- fact: aggregate.schema
ALTER AGGREGATE total(int) SET SCHEMA other
-- fact: aggregate.name
ALTER AGGREGATE total(int) RENAME TO altogether
-- fact: aggregate.arguments
DROP AGGREGATE total(int); CREATE AGGREGATE total(int8) (SFUNC = int8pl, STYPE = int8, INITCOND = '0')
-- fact: aggregate.stated
DROP AGGREGATE total(int); CREATE AGGREGATE total(x int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')
-- fact: aggregate.signature
DROP AGGREGATE total(int); CREATE AGGREGATE total(int) (SFUNC = int84pl, STYPE = int8, INITCOND = '0')
-- fact: aggregate.definition
CREATE OR REPLACE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '1')
-- fact: language.name
ALTER LANGUAGE talk RENAME TO speak
-- fact: language.trusted
DROP LANGUAGE talk; CREATE LANGUAGE talk HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator
-- fact: language.handler
-- excluded: such a function is written in C, and PostgreSQL has one only
-- fact: language.inline_handler
CREATE OR REPLACE TRUSTED LANGUAGE talk HANDLER plpgsql_call_handler VALIDATOR plpgsql_validator
-- fact: language.validator
CREATE OR REPLACE TRUSTED LANGUAGE talk HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler
-- fact: access method.name
CREATE ACCESS METHOD more TYPE TABLE HANDLER heap_tableam_handler
-- fact: access method.type
DROP ACCESS METHOD heaps; CREATE ACCESS METHOD heaps TYPE INDEX HANDLER bthandler
-- fact: access method.handler
-- excluded: PostgreSQL has one handler of tables only
-- fact: operator.schema
ALTER OPERATOR ==== (int, text) SET SCHEMA other
-- fact: operator.name
DROP OPERATOR ==== (int, text); CREATE OPERATOR ===== (LEFTARG = int, RIGHTARG = text, FUNCTION = same)
-- fact: operator.left
CREATE FUNCTION same(int8, text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1::text = $2'; CREATE OPERATOR ==== (LEFTARG = int8, RIGHTARG = text, FUNCTION = same)
-- fact: operator.right
CREATE FUNCTION same(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2'; CREATE OPERATOR ==== (LEFTARG = int, RIGHTARG = int, FUNCTION = same)
-- fact: operator.function
DROP OPERATOR ==== (int, text); CREATE OPERATOR ==== (LEFTARG = int, RIGHTARG = text, FUNCTION = same2)
-- fact: operator.commutator
DROP OPERATOR ==== (int, text); CREATE FUNCTION back(text, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $2::text = $1'; CREATE OPERATOR ==== (LEFTARG = int, RIGHTARG = text, FUNCTION = same, COMMUTATOR = ====); CREATE OPERATOR ==== (LEFTARG = text, RIGHTARG = int, FUNCTION = back, COMMUTATOR = ====)
-- fact: operator.negator
DROP OPERATOR ==== (int, text); CREATE OPERATOR ==== (LEFTARG = int, RIGHTARG = text, FUNCTION = same, NEGATOR = !===); CREATE OPERATOR !=== (LEFTARG = int, RIGHTARG = text, FUNCTION = same2, NEGATOR = ====)
-- fact: operator.restriction
ALTER OPERATOR ==== (int, text) SET (RESTRICT = eqsel)
-- fact: operator.joining
ALTER OPERATOR ==== (int, text) SET (JOIN = eqjoinsel)
-- fact: operator.hashes, since 17
ALTER OPERATOR ==== (int, text) SET (HASHES)
-- fact: operator.merges, since 17
ALTER OPERATOR ==== (int, text) SET (MERGES)
-- fact: operator family.schema
ALTER OPERATOR FAMILY fam2 USING btree SET SCHEMA other
-- fact: operator family.name
ALTER OPERATOR FAMILY fam2 USING btree RENAME TO clan
-- fact: operator family.method
CREATE OPERATOR FAMILY fam USING hash
-- fact: operator family.loose
ALTER OPERATOR FAMILY fam USING btree ADD FUNCTION 1 (int8, int8) btint8cmp(int8, int8)
-- fact: operator class.schema
ALTER OPERATOR CLASS cls USING btree SET SCHEMA other
-- fact: operator class.name
ALTER OPERATOR CLASS cls USING btree RENAME TO class
-- fact: operator class.method
CREATE OPERATOR CLASS cls FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int)
-- fact: operator class.type
DROP OPERATOR CLASS cls USING btree; CREATE OPERATOR CLASS cls FOR TYPE int2 USING btree FAMILY fam AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint2cmp(int2, int2)
-- fact: operator class.default
DROP OPERATOR CLASS cls USING btree; CREATE OPERATOR CLASS cls DEFAULT FOR TYPE pair USING btree FAMILY fam AS FUNCTION 1 btrecordcmp(record, record)
-- fact: operator class.family_schema
CREATE OPERATOR FAMILY other.fam USING btree; DROP OPERATOR CLASS cls USING btree; CREATE OPERATOR CLASS cls FOR TYPE int USING btree FAMILY other.fam AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)
-- fact: operator class.family
DROP OPERATOR CLASS cls USING btree; CREATE OPERATOR CLASS cls FOR TYPE int USING btree FAMILY fam2 AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)
-- fact: operator class.storage
CREATE OPERATOR CLASS stored FOR TYPE int USING gist AS OPERATOR 3 =, STORAGE int8, FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal)
-- fact: operator class.own
DROP OPERATOR CLASS cls USING btree; CREATE OPERATOR CLASS cls FOR TYPE int USING btree FAMILY fam AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 gauge(int, int)
-- fact: cast.source
CREATE FUNCTION to_mood(int8) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT to_mood($1::int)'; CREATE CAST (int8 AS mood) WITH FUNCTION to_mood(int8)
-- fact: cast.target
CREATE FUNCTION to_pair(int) RETURNS pair LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1, NULL)::pair'; CREATE CAST (int AS pair) WITH FUNCTION to_pair(int)
-- fact: cast.method
DROP CAST (int AS mood); CREATE CAST (int AS mood) WITH INOUT
-- fact: cast.function
DROP CAST (int AS mood); CREATE CAST (int AS mood) WITH FUNCTION to_mood2(int)
-- fact: cast.context
DROP CAST (int AS mood); CREATE CAST (int AS mood) WITH FUNCTION to_mood(int) AS ASSIGNMENT
-- fact: transform.type
CREATE TRANSFORM FOR pair LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))
-- fact: transform.language
CREATE TRANSFORM FOR mood LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal))
-- fact: transform.from_sql
-- excluded: such a function is written in C, and PostgreSQL has one only of that shape
-- fact: transform.to_sql
-- excluded: as transform.from_sql
-- fact: conversion.schema
ALTER CONVERSION conv SET SCHEMA other
-- fact: conversion.name
ALTER CONVERSION conv RENAME TO turn
-- fact: conversion.source
DROP CONVERSION conv; CREATE CONVERSION conv FOR 'LATIN2' TO 'UTF8' FROM iso8859_to_utf8
-- fact: conversion.target
DROP CONVERSION conv; CREATE CONVERSION conv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1
-- fact: conversion.function
DROP CONVERSION conv; CREATE CONVERSION conv FOR 'LATIN2' TO 'UTF8' FROM iso8859_to_utf8
-- fact: conversion.default
DROP CONVERSION conv; CREATE DEFAULT CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8
-- fact: foreign table.schema
ALTER FOREIGN TABLE ft SET SCHEMA other
-- fact: foreign table.name
ALTER FOREIGN TABLE ft RENAME TO foreign_t
-- fact: foreign table.server
DROP FOREIGN TABLE ft; CREATE FOREIGN TABLE ft (a int OPTIONS (x '1'), b text) SERVER farther OPTIONS (tab 'x')
-- fact: foreign table.options
ALTER FOREIGN TABLE ft OPTIONS (SET tab 'y')
-- fact: column options.schema
-- excluded: goes with foreign table.schema
-- fact: column options.table
-- excluded: goes with foreign table.name
-- fact: column options.column
ALTER FOREIGN TABLE ft ALTER b OPTIONS (ADD x '2')
-- fact: column options.options
ALTER FOREIGN TABLE ft ALTER a OPTIONS (SET x '2')
-- fact: statistics.schema
ALTER STATISTICS stat SET SCHEMA other
-- fact: statistics.name
ALTER STATISTICS stat RENAME TO figures
-- fact: statistics.table_schema
-- excluded: goes with table.schema
-- fact: statistics.table
DROP STATISTICS stat; CREATE STATISTICS stat (ndistinct) ON t, v FROM u
-- fact: statistics.definition
DROP STATISTICS stat; CREATE STATISTICS stat (dependencies) ON code, amount FROM t
-- fact: statistics.target
ALTER STATISTICS stat SET STATISTICS 300
-- fact: rule.schema
-- excluded: goes with table.schema
-- fact: rule.table
CREATE RULE hush AS ON DELETE TO t DO ALSO NOTHING
-- fact: rule.name
ALTER RULE hush ON u RENAME TO quiet
-- fact: rule.relation
-- excluded: the word for what rule.table is: a table or a view
-- fact: rule.definition
CREATE OR REPLACE RULE hush AS ON DELETE TO u WHERE old.v > 1 DO ALSO NOTHING
-- fact: rule.enabled
ALTER TABLE u DISABLE RULE hush
-- fact: publication.name
ALTER PUBLICATION pub RENAME TO news
-- fact: publication.all_tables
CREATE PUBLICATION everything FOR ALL TABLES
-- fact: publication.operations
ALTER PUBLICATION pub SET (publish = 'insert, delete')
-- fact: publication.via_root
ALTER PUBLICATION pub SET (publish_via_partition_root = true)
-- fact: publication.generated_columns, since 18
ALTER PUBLICATION pub SET (publish_generated_columns = stored)
-- fact: publication table.publication
CREATE PUBLICATION second FOR TABLE t
-- fact: publication table.schema
-- excluded: goes with table.schema
-- fact: publication table.table
ALTER PUBLICATION pub ADD TABLE t
-- fact: publication table.columns, since 15
ALTER PUBLICATION pub SET TABLE u (v) WHERE (v > 1)
-- fact: publication table.filter, since 15
ALTER PUBLICATION pub SET TABLE u WHERE (v > 2), TABLES IN SCHEMA other
-- fact: publication schema.publication, since 15
CREATE PUBLICATION second FOR TABLES IN SCHEMA other
-- fact: publication schema.schema, since 15
ALTER PUBLICATION pub ADD TABLES IN SCHEMA public
-- fact: subscription.name
ALTER SUBSCRIPTION sub RENAME TO reader
-- fact: subscription.connection
ALTER SUBSCRIPTION sub CONNECTION 'dbname=elsewhere'
-- fact: subscription.publications
ALTER SUBSCRIPTION sub SET PUBLICATION two WITH (refresh = false)
-- fact: subscription.settings
ALTER SUBSCRIPTION sub SET (binary = true)
-- fact: event trigger.name
ALTER EVENT TRIGGER watching RENAME TO looking
-- fact: event trigger.event
DROP EVENT TRIGGER watching; CREATE EVENT TRIGGER watching ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION watch()
-- fact: event trigger.tags
DROP EVENT TRIGGER watching; CREATE EVENT TRIGGER watching ON ddl_command_end WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION watch()
-- fact: event trigger.function
DROP EVENT TRIGGER watching; CREATE EVENT TRIGGER watching ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION watch2()
-- fact: event trigger.enabled
ALTER EVENT TRIGGER watching DISABLE
-- fact: owner.target
ALTER TABLE u OWNER TO pg_monitor
-- fact: owner.role
ALTER TABLE stray OWNER TO pg_read_all_data
-- fact: grant.target
GRANT SELECT ON u TO pg_monitor
-- fact: grant.part
-- excluded: only members of extensions have it; tests/corpus/grant has it
-- fact: grant.granted
GRANT INSERT ON t TO pg_monitor
-- fact: grant.granted
GRANT UPDATE (name) ON t TO pg_monitor
-- fact: grant.grantable
GRANT SELECT ON t TO pg_monitor WITH GRANT OPTION
-- fact: grant.revoked
GRANT EXECUTE ON FUNCTION plus TO PUBLIC
-- fact: default privilege.schema
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor
-- fact: default privilege.objects
ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT USAGE ON SEQUENCES TO pg_monitor
-- fact: default privilege.role
ALTER DEFAULT PRIVILEGES FOR ROLE pg_monitor IN SCHEMA other GRANT SELECT ON TABLES TO pg_read_all_data
-- fact: default privilege.granted
ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT INSERT ON TABLES TO pg_monitor
-- fact: default privilege.grantable
ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT SELECT ON TABLES TO pg_monitor WITH GRANT OPTION
-- fact: default privilege.revoked
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC
-- fact: column.generated, since 18
ALTER TABLE t ADD doubled numeric GENERATED ALWAYS AS (amount * 2) VIRTUAL
-- fact: column.generated, since 18
ALTER TABLE t DROP twice; ALTER TABLE t ADD twice numeric GENERATED ALWAYS AS (amount * 2) VIRTUAL
-- fact: column.generated
ALTER TABLE t DROP at; ALTER TABLE t ADD at date GENERATED ALWAYS AS ('2020-01-01'::date + id) STORED
-- fact: column.type
ALTER TABLE t ALTER tags TYPE varchar(9)[]
-- fact: column.type
ALTER TABLE t DROP twice; ALTER TABLE t ALTER amount TYPE numeric(12, 2); ALTER TABLE t ADD twice numeric GENERATED ALWAYS AS (amount * 2) STORED
-- fact: column.type, since 15
ALTER PUBLICATION pub DROP TABLE u; DROP POLICY seen ON u; DROP POLICY asked ON u; ALTER TABLE u ALTER v TYPE bigint; CREATE POLICY seen ON u USING (v > 0) WITH CHECK (v > 1); CREATE POLICY asked ON u FOR SELECT USING (v > 0); ALTER PUBLICATION pub ADD TABLE u WHERE (v > 1)
-- fact: column.type
ALTER TABLE stray ALTER z TYPE boolean USING z > 0
-- fact: column.type
ALTER TABLE stray ALTER z TYPE short
-- fact: column.storage
ALTER TABLE t ALTER name SET STORAGE MAIN
-- fact: column.options
ALTER TABLE parent ALTER n SET (n_distinct = 5, n_distinct_inherited = -0.5)
-- fact: column.not_null_own
ALTER TABLE parent ALTER k DROP NOT NULL
-- fact: column.name
ALTER TABLE t ADD more int NOT NULL DEFAULT 5
-- fact: column.name
ALTER TABLE u ADD id int GENERATED ALWAYS AS IDENTITY (START 5)
-- fact: column.name
ALTER TABLE u DROP t
-- fact: default.expression
ALTER TABLE t ALTER name SET DEFAULT NULL
-- fact: default.column
ALTER TABLE t ALTER name DROP DEFAULT
-- fact: default.column
ALTER TABLE t ALTER doc SET DEFAULT jsonb_build_object('at', now())
-- fact: identity.column
ALTER TABLE stray ALTER k ADD GENERATED ALWAYS AS IDENTITY
-- fact: enum.labels
ALTER TYPE mood ADD VALUE 'worse'
-- fact: composite type.attributes
DROP TABLE typed; ALTER TYPE pair DROP ATTRIBUTE b; CREATE TABLE typed OF pair
-- fact: composite type.attributes
DROP TABLE typed; ALTER TYPE pair ALTER ATTRIBUTE b TYPE text COLLATE "C"; CREATE TABLE typed OF pair
-- fact: domain.default
ALTER DOMAIN short DROP DEFAULT
-- fact: domain.not_null
ALTER DOMAIN filled DROP NOT NULL
-- fact: domain.constraints
ALTER DOMAIN short DROP CONSTRAINT short_check
-- fact: domain.constraints
ALTER DOMAIN short ADD CONSTRAINT late CHECK (value <> ' ') NOT VALID
-- fact: sequence.name
DROP SEQUENCE counter
-- fact: sequence.increment
ALTER SEQUENCE counter INCREMENT -5 START 1000
-- fact: sequence.type
ALTER SEQUENCE owned AS smallint
-- fact: sequence owner.sequence
ALTER SEQUENCE owned OWNED BY NONE
-- fact: function.definition
ALTER FUNCTION plus STABLE STRICT LEAKPROOF PARALLEL SAFE
-- fact: function.definition
CREATE OR REPLACE FUNCTION plus(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE RETURN a + b
-- fact: function.definition
CREATE OR REPLACE FUNCTION plus(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT a + b + 1; END
-- fact: function.signature
DROP FUNCTION plus; CREATE FUNCTION plus(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b'; COMMENT ON FUNCTION plus IS 'adds'
-- fact: function.signature
DROP FUNCTION plus; CREATE FUNCTION plus(a int, c int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + c'; COMMENT ON FUNCTION plus IS 'adds'
-- fact: function.signature
DROP FUNCTION plus; CREATE FUNCTION plus(a int, b int DEFAULT 1) RETURNS SETOF int LANGUAGE sql IMMUTABLE ROWS 7 AS 'SELECT a + b'; COMMENT ON FUNCTION plus IS 'adds'
-- fact: function.routine
CREATE FUNCTION third(v anyelement) RETURNS anyelement WINDOW LANGUAGE internal AS 'window_first_value'
-- fact: function.arguments
CREATE FUNCTION many(VARIADIC list text[], OUT first text, OUT last text) LANGUAGE sql AS 'SELECT list[1], list[2]'
-- fact: function.arguments
CREATE PROCEDURE changing(INOUT n int, OUT m int) LANGUAGE sql AS 'SELECT n, n'
-- fact: table.persistence
CREATE UNLOGGED TABLE quick (a int)
-- fact: table.options
ALTER TABLE t RESET (fillfactor)
-- fact: table.row_security
ALTER TABLE t ENABLE ROW LEVEL SECURITY
-- fact: table.of_type
CREATE TABLE pairs (a int, b text); ALTER TABLE pairs OF pair
-- fact: table.replica_identity
ALTER TABLE u REPLICA IDENTITY NOTHING
-- fact: table.partition_key
CREATE TABLE h (a int, b text) PARTITION BY HASH (a, lower(b)); CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0)
-- fact: table.partition_key
DROP TABLE p; CREATE TABLE p (a int, b text); CREATE INDEX p_a ON p (a)
-- fact: partition.table
CREATE TABLE p_rest PARTITION OF p DEFAULT
-- fact: partition.table
ALTER TABLE p DETACH PARTITION p_one
-- fact: partition.bound
CREATE TABLE p_three PARTITION OF p FOR VALUES FROM (20) TO (30) PARTITION BY LIST (b); CREATE TABLE p_three_x PARTITION OF p_three FOR VALUES IN ('x', NULL)
-- fact: inheritance.parent
ALTER TABLE child INHERIT stray
-- fact: constraint.definition, since 18
ALTER TABLE t ADD CONSTRAINT soft CHECK (amount < 1000) NOT ENFORCED
-- fact: constraint.definition, since 18
ALTER TABLE u ALTER CONSTRAINT u_t NOT ENFORCED
-- fact: constraint.definition, since 15
ALTER TABLE t DROP CONSTRAINT t_code; ALTER TABLE t ADD CONSTRAINT t_code UNIQUE NULLS NOT DISTINCT (code)
-- fact: constraint.definition, since 18
CREATE TABLE booked (room int4range, during tsrange, CONSTRAINT booked_once PRIMARY KEY (room, during WITHOUT OVERLAPS))
-- fact: constraint.definition, since 18
CREATE TABLE booked (room int4range, during tsrange, CONSTRAINT booked_once UNIQUE (room, during WITHOUT OVERLAPS)); CREATE TABLE used (room int4range, during tsrange, CONSTRAINT used_room FOREIGN KEY (room, PERIOD during) REFERENCES booked (room, PERIOD during))
-- fact: constraint.definition, since 15
ALTER TABLE u DROP CONSTRAINT u_t; ALTER TABLE u ADD CONSTRAINT u_t FOREIGN KEY (t) REFERENCES t (id) ON DELETE SET NULL (t)
-- fact: constraint.definition
ALTER TABLE u DROP CONSTRAINT u_t; ALTER TABLE u ADD CONSTRAINT u_t FOREIGN KEY (t) REFERENCES t (id) MATCH FULL ON UPDATE CASCADE ON DELETE SET DEFAULT NOT VALID
-- fact: constraint.definition
ALTER TABLE t DROP CONSTRAINT t_code; ALTER TABLE t ADD CONSTRAINT t_code UNIQUE (code) INCLUDE (amount) DEFERRABLE INITIALLY DEFERRED
-- fact: constraint.definition
ALTER TABLE t DROP CONSTRAINT t_apart; ALTER TABLE t ADD CONSTRAINT t_apart EXCLUDE USING btree (name WITH =) WHERE (amount > 1)
-- fact: constraint.definition
ALTER TABLE parent ADD CONSTRAINT own CHECK (n > 0) NO INHERIT
-- fact: constraint.definition
ALTER TABLE parent ADD CONSTRAINT shared CHECK (n > 0)
-- fact: constraint.name
ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE
-- fact: constraint.name
ALTER TABLE p ADD CONSTRAINT p_small CHECK (a < 1000)
-- fact: view.options
CREATE VIEW checked AS SELECT id, name FROM t WHERE id > 0 WITH CASCADED CHECK OPTION
-- fact: view.options, since 15
ALTER VIEW v SET (security_invoker = true)
-- fact: view.options
ALTER VIEW v RESET (security_barrier)
-- fact: view.columns
DROP VIEW v; CREATE VIEW v WITH (security_barrier = true) AS SELECT id FROM t
-- fact: view.definition
CREATE OR REPLACE VIEW v WITH (security_barrier = true) AS SELECT DISTINCT ON (id) id, name FROM t ORDER BY id, name DESC NULLS LAST
-- fact: view.columns
CREATE RECURSIVE VIEW counting (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 9
-- fact: materialized view.name
CREATE MATERIALIZED VIEW later AS SELECT id FROM t WITH NO DATA
-- fact: index.definition, since 15
CREATE UNIQUE INDEX t_name ON t (name) NULLS NOT DISTINCT
-- fact: index.definition
DROP INDEX t_at; CREATE INDEX t_at ON t USING hash (at)
-- fact: index.definition
CREATE INDEX t_tags ON t USING gin (tags) WITH (fastupdate = off)
-- fact: index.definition
CREATE INDEX t_name ON t (name text_pattern_ops, code COLLATE "POSIX" DESC NULLS LAST)
-- fact: index.definition
CREATE INDEX m_name ON m (name)
-- fact: index.name
DROP INDEX t_lower
-- fact: trigger.definition
DROP TRIGGER touched ON t; CREATE TRIGGER touched AFTER UPDATE ON t REFERENCING OLD TABLE AS was NEW TABLE AS now FOR EACH STATEMENT EXECUTE FUNCTION touch()
-- fact: trigger.definition
DROP TRIGGER touched ON t; CREATE CONSTRAINT TRIGGER touched AFTER INSERT OR UPDATE OF name ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch('x')
-- fact: trigger.relation
CREATE TRIGGER through INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION touch()
-- fact: trigger.table
CREATE TRIGGER below BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION touch()
-- fact: trigger.enabled
ALTER TABLE t ENABLE REPLICA TRIGGER touched
-- fact: policy.name
DROP POLICY seen ON u
-- fact: policy.check
CREATE POLICY written ON u FOR INSERT WITH CHECK (v > 0)
-- fact: policy.check
DROP POLICY seen ON u; CREATE POLICY seen ON u USING (v > 0)
-- fact: comment.text
COMMENT ON TABLE t IS NULL
-- fact: comment.target
COMMENT ON CONSTRAINT t_amount ON t IS 'not below'; COMMENT ON INDEX t_at IS 'by day'; COMMENT ON POLICY seen ON u IS 'p'; COMMENT ON TRIGGER touched ON t IS 'q'; COMMENT ON RULE hush ON u IS 'r'; COMMENT ON TYPE mood IS 's'; COMMENT ON DOMAIN short IS 'd'; COMMENT ON SEQUENCE counter IS 'c'
-- fact: comment.target
COMMENT ON STATISTICS stat IS 'x'; COMMENT ON PUBLICATION pub IS 'x'; COMMENT ON SUBSCRIPTION sub IS 'x'; COMMENT ON EVENT TRIGGER watching IS 'x'; COMMENT ON SERVER far IS 'x'; COMMENT ON FOREIGN TABLE ft IS 'x'; COMMENT ON EXTENSION citext IS 'x'; COMMENT ON COLLATION plain IS 'x'; COMMENT ON CAST (int AS mood) IS 'x'; COMMENT ON OPERATOR CLASS cls USING btree IS 'x'; COMMENT ON AGGREGATE total(int) IS 'x'
-- fact: event trigger.enabled
ALTER EVENT TRIGGER watching ENABLE REPLICA
-- fact: event trigger.tags
DROP EVENT TRIGGER watching; CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watch()
-- fact: event trigger.event, since 17
DROP EVENT TRIGGER watching; CREATE EVENT TRIGGER watching ON login EXECUTE FUNCTION watch()
-- fact: rule.definition
CREATE OR REPLACE RULE hush AS ON DELETE TO u DO INSTEAD UPDATE u SET v = 0 WHERE u.t = old.t
-- fact: rule.enabled
ALTER TABLE u ENABLE ALWAYS RULE hush
-- fact: statistics.definition
CREATE STATISTICS expr ON (amount * 2), lower(name) FROM t
-- fact: statistics.definition
CREATE STATISTICS one ON (amount * 2) FROM t
-- fact: publication.operations
ALTER PUBLICATION pub SET (publish = '')
-- fact: publication.all_tables
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'truncate', publish_via_partition_root = true)
-- fact: publication table.columns, since 15
ALTER PUBLICATION pub DROP TABLE u; ALTER PUBLICATION pub DROP TABLES IN SCHEMA other; ALTER PUBLICATION pub ADD TABLE t (id, code)
-- fact: publication table.filter, since 15
ALTER PUBLICATION pub SET TABLE u, TABLES IN SCHEMA other
-- fact: subscription.settings
ALTER SUBSCRIPTION sub SET (synchronous_commit = 'local')
-- fact: subscription.settings
ALTER SUBSCRIPTION sub SET (streaming = on)
-- fact: subscription.settings, since 18
ALTER SUBSCRIPTION sub SET (streaming = off)
-- fact: subscription.settings, since 15
ALTER SUBSCRIPTION sub SET (disable_on_error = true)
-- fact: subscription.settings, since 16
ALTER SUBSCRIPTION sub SET (origin = none)
-- fact: subscription.settings, since 16
ALTER SUBSCRIPTION sub SET (run_as_owner = true)
-- fact: subscription.settings, since 16
ALTER SUBSCRIPTION sub SET (password_required = false)
-- fact: subscription.settings
-- excluded: PostgreSQL changes two_phase and failover only where it reaches the publisher: refused by name
-- fact: subscription.publications
ALTER SUBSCRIPTION sub SET PUBLICATION one, two WITH (refresh = false)
-- fact: grant.granted, since 17
GRANT MAINTAIN ON t TO pg_monitor
-- fact: grant.granted
REVOKE SELECT ON t FROM pg_monitor
-- fact: grant.granted
GRANT SELECT (id), REFERENCES (id) ON t TO pg_monitor WITH GRANT OPTION
-- fact: grant.granted
GRANT USAGE ON SCHEMA other TO pg_monitor; GRANT SELECT, UPDATE ON SEQUENCE counter TO pg_monitor; GRANT USAGE ON TYPE mood TO pg_monitor; GRANT USAGE ON DOMAIN short TO pg_monitor; GRANT USAGE ON LANGUAGE talk TO pg_monitor; GRANT USAGE ON FOREIGN DATA WRAPPER wrap TO pg_monitor; GRANT USAGE ON FOREIGN SERVER far TO pg_monitor; GRANT EXECUTE ON PROCEDURE act TO pg_monitor; GRANT SELECT ON v, m, ft TO pg_monitor
-- fact: grant.revoked
REVOKE USAGE ON TYPE mood FROM PUBLIC
-- fact: grant.revoked
REVOKE DELETE, TRUNCATE ON t FROM CURRENT_USER
-- fact: default privilege.objects
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO pg_monitor; ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC
-- fact: default privilege.objects, since 18
ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO pg_monitor
-- fact: default privilege.granted
ALTER DEFAULT PRIVILEGES IN SCHEMA other REVOKE SELECT ON TABLES FROM pg_monitor
-- fact: default privilege.granted, since 17
ALTER DEFAULT PRIVILEGES IN SCHEMA other GRANT MAINTAIN ON TABLES TO pg_monitor
-- fact: owner.target
ALTER SCHEMA other OWNER TO pg_monitor; ALTER FUNCTION plus OWNER TO pg_monitor; ALTER TYPE mood OWNER TO pg_monitor; ALTER VIEW v OWNER TO pg_monitor; ALTER SEQUENCE counter OWNER TO pg_monitor
-- fact: owner.role
ALTER TABLE stray OWNER TO CURRENT_USER
-- fact: foreign table.options
ALTER FOREIGN TABLE ft OPTIONS (DROP tab)
-- fact: foreign table.name
CREATE FOREIGN TABLE p_far PARTITION OF p FOR VALUES FROM (70) TO (80) SERVER far
-- fact: server.options
ALTER SERVER far OPTIONS (DROP host)
-- fact: server.version
DROP SERVER farther; CREATE SERVER farther VERSION '9' FOREIGN DATA WRAPPER wrap
-- fact: user mapping.options
ALTER USER MAPPING FOR PUBLIC SERVER far OPTIONS (DROP user)
-- fact: user mapping.user
DROP USER MAPPING FOR PUBLIC SERVER far
-- fact: foreign data wrapper.options
ALTER FOREIGN DATA WRAPPER wrap OPTIONS (DROP a)
-- fact: text search dictionary.options
ALTER TEXT SEARCH DICTIONARY dict (STOPWORDS)
-- fact: text search configuration.mappings
ALTER TEXT SEARCH CONFIGURATION conf ALTER MAPPING FOR word WITH dict, simple
-- fact: text search configuration.mappings
ALTER TEXT SEARCH CONFIGURATION conf DROP MAPPING FOR word
-- fact: collation.provider, since 17
CREATE COLLATION builtin_utf (provider = builtin, locale = 'C.UTF-8')
-- fact: range type.name
CREATE TYPE moods AS RANGE (SUBTYPE = mood)
-- fact: aggregate.definition
DROP AGGREGATE total(int); CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, COMBINEFUNC = int4pl, PARALLEL = SAFE, MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int)
-- fact: aggregate.arguments
CREATE AGGREGATE middle(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)
-- fact: cast.method
CREATE CAST (mood AS int) WITH INOUT AS IMPLICIT
-- fact: operator class.own
CREATE OPERATOR CLASS hashed FOR TYPE pair USING hash AS OPERATOR 1 = (record, record), FUNCTION 1 hash_record(record), FUNCTION 2 hash_record_extended(record, int8)
-- fact: security label.target
-- excluded: PostgreSQL installs no provider; tests/corpus/security_label has one
-- fact: security label.part
-- excluded: PostgreSQL installs no provider; tests/corpus/security_label has one
-- fact: security label.labels
-- excluded: PostgreSQL installs no provider; tests/corpus/security_label has one
