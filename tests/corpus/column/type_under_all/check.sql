SELECT r.a, r.g, r.b::text, f.x FROM r JOIN f USING (a)
