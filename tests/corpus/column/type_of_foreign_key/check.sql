SELECT a::text FROM r JOIN f USING (a)
