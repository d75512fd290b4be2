"""A person's catalogue, from tables and JSON-LD."""
