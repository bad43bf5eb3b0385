SELECT id, z FROM c
