"""What tenants have of their own: adapters, knowledge, language models, turns and tokens."""
