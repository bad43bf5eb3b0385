SELECT id, to_jsonb(x)::text, to_jsonb(y)::text, to_jsonb(z)::text, to_jsonb(o)::text, to_jsonb(p)::text, to_jsonb("Q.q")::text,
       (SELECT to_jsonb(x)::text FROM whole) FROM t ORDER BY id
