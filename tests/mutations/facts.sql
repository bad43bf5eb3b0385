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
-- fact: domain.not_null_name
ALTER DOMAIN filled RENAME CONSTRAINT filled_not_null TO there
-- fact: domain.default
ALTER DOMAIN short SET DEFAULT 'y'
-- fact: domain.constraints
ALTER DOMAIN short ADD CONSTRAINT more CHECK (value <> ' ')
-- fact: sequence.schema
ALTER SEQUENCE counter SET SCHEMA other
-- fact: sequence.name
ALTER SEQUENCE counter RENAME TO numbers
-- fact: sequence.persistence
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
-- fact: table.access_method
-- excluded: there is no second access method for tables without an extension
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
-- fact: column.not_null_name
ALTER TABLE stray RENAME CONSTRAINT stray_k_not_null TO there
-- fact: column.not_null_valid
ALTER TABLE t ADD CONSTRAINT t_at_not_null NOT NULL at NOT VALID
-- fact: column.not_null_no_inherit
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
-- fact: identity.persistence
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
-- fact: view.options
ALTER VIEW v SET (security_invoker = true)
-- fact: view.columns
CREATE OR REPLACE VIEW v WITH (security_barrier = true) AS SELECT id, name, code FROM t
-- fact: view.definition
CREATE OR REPLACE VIEW v WITH (security_barrier = true) AS SELECT id, name FROM t WHERE id > 1
-- fact: materialized view.schema
ALTER MATERIALIZED VIEW m SET SCHEMA other
-- fact: materialized view.name
ALTER MATERIALIZED VIEW m RENAME TO kept
-- fact: materialized view.access_method
-- excluded: as table.access_method
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
