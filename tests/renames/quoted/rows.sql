INSERT INTO "My App"."User.s" VALUES ('x', 1);
