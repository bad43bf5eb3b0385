CREATE SCHEMA "My App";
CREATE TABLE "My App"."User.s" ("E:Mail" text PRIMARY KEY, "order" integer CHECK ("order" > 0));
