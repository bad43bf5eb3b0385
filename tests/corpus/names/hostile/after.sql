CREATE SCHEMA "a.b";
CREATE TABLE "a.b"."T ""x"" %s {0}" ("select" int DEFAULT 1, "é'" text, CHECK ("select" > 0));
