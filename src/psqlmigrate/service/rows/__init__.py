"""Sample rows: made for a scratch database, and compared before and after a migration."""
