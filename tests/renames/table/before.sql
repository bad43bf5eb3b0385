CREATE TABLE teams (id integer PRIMARY KEY);
CREATE TABLE users (
    id serial PRIMARY KEY,
    team integer REFERENCES teams,
    boss integer REFERENCES users,
    mail text NOT NULL CHECK (mail <> ''),
    age integer CONSTRAINT adult CHECK (age > 17),
    low text GENERATED ALWAYS AS (lower(mail)) STORED,
    UNIQUE (mail),
    EXCLUDE USING btree (low WITH =)
);
CREATE TABLE orders (id integer PRIMARY KEY, user_id integer REFERENCES users ON DELETE CASCADE);
ALTER TABLE teams ADD COLUMN lead integer CONSTRAINT lead_fk REFERENCES users;
CREATE INDEX users_age_idx ON users (age) WHERE mail IS NOT NULL;
CREATE INDEX users_lower_idx ON users (lower(mail));
COMMENT ON TABLE users IS 'who';
COMMENT ON COLUMN users.mail IS 'where';
COMMENT ON CONSTRAINT adult ON users IS 'why';
COMMENT ON INDEX users_age_idx IS 'how';
CREATE VIEW grown AS SELECT id, mail FROM users WHERE age > 20;
CREATE VIEW grown_too AS SELECT g.id AS grown_id, users.* FROM grown g JOIN users USING (id);
CREATE MATERIALIZED VIEW counted AS SELECT age, count(*) AS n FROM users GROUP BY age;
CREATE UNIQUE INDEX counted_age_idx ON counted (age);
CREATE FUNCTION how_many() RETURNS bigint LANGUAGE sql
BEGIN ATOMIC
 SELECT count(*) FROM users WHERE users.mail LIKE '%@%';
END;
CREATE FUNCTION one_of_them(u users) RETURNS text LANGUAGE sql AS 'SELECT u.id::text';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE OF mail ON users
    FOR EACH ROW WHEN (OLD.mail IS DISTINCT FROM NEW.mail) EXECUTE FUNCTION touch();
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users USING (mail = CURRENT_USER) WITH CHECK (age > 0);
CREATE POLICY seen ON teams USING (EXISTS (SELECT FROM users u WHERE u.team = teams.id));
