CREATE TABLE log (at date NOT NULL, mail text CHECK (mail <> ''), PRIMARY KEY (at)) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE log_2 PARTITION OF log DEFAULT;
CREATE INDEX log_mail_idx ON log (mail);
CREATE INDEX log_1_own_idx ON log_1 (lower(mail));
CREATE VIEW v AS SELECT mail, at FROM log UNION ALL SELECT mail, at FROM ONLY log_1;
