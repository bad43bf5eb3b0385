CREATE TABLE teams (id integer PRIMARY KEY);
CREATE TABLE people (
    id serial PRIMARY KEY,
    team integer REFERENCES teams,
    boss integer REFERENCES people,
    mail text NOT NULL CHECK (mail <> ''),
    age integer CONSTRAINT adult CHECK (age > 17),
    low text GENERATED ALWAYS AS (lower(mail)) STORED,
    UNIQUE (mail),
    EXCLUDE USING btree (low WITH =)
);
CREATE TABLE orders (id integer PRIMARY KEY, user_id integer REFERENCES people ON DELETE CASCADE);
ALTER TABLE teams ADD COLUMN lead integer CONSTRAINT lead_fk REFERENCES people;
CREATE INDEX people_age_idx ON people (age) WHERE mail IS NOT NULL;
CREATE INDEX people_lower_idx ON people (lower(mail));
COMMENT ON TABLE people IS 'who';
COMMENT ON COLUMN people.mail IS 'where';
COMMENT ON CONSTRAINT adult ON people IS 'why';
COMMENT ON INDEX people_age_idx IS 'how';
CREATE VIEW grown AS SELECT id, mail FROM people WHERE age > 20;
CREATE VIEW grown_too AS SELECT g.id AS grown_id, people.* FROM grown g JOIN people USING (id);
CREATE MATERIALIZED VIEW counted AS SELECT age, count(*) AS n FROM people GROUP BY age;
CREATE UNIQUE INDEX counted_age_idx ON counted (age);
CREATE FUNCTION how_many() RETURNS bigint LANGUAGE sql
BEGIN ATOMIC
 SELECT count(*) FROM people WHERE people.mail LIKE '%@%';
END;
CREATE FUNCTION one_of_them(u people) RETURNS text LANGUAGE sql AS 'SELECT u.id::text';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE OF mail ON people
    FOR EACH ROW WHEN (OLD.mail IS DISTINCT FROM NEW.mail) EXECUTE FUNCTION touch();
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON people USING (mail = CURRENT_USER) WITH CHECK (age > 0);
CREATE POLICY seen ON teams USING (EXISTS (SELECT FROM people u WHERE u.team = teams.id));
