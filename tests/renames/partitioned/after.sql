CREATE TABLE log (at date NOT NULL, email text, CONSTRAINT log_email_check CHECK (email <> ''), PRIMARY KEY (at)) PARTITION BY RANGE (at);
CREATE TABLE log_2020 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE log_2 PARTITION OF log DEFAULT;
CREATE INDEX log_email_idx ON log (email);
CREATE INDEX log_2020_own_idx ON log_2020 (lower(email));
CREATE VIEW v AS SELECT email AS mail, at FROM log UNION ALL SELECT email AS mail, at FROM ONLY log_2020;
