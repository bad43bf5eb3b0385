CREATE SCHEMA "My App";
CREATE TABLE "My App"."select" ("a""b" text PRIMARY KEY, "User" integer CHECK ("User" > 0));
