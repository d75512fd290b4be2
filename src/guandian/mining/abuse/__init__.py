"""Reviews that insult people or groups are marked, and lose nothing by it."""
