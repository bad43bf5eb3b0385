SELECT c.a, c.b, c.z, d.x FROM c, d
