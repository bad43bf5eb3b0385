"""Whatever states a schema becomes a Catalog."""
