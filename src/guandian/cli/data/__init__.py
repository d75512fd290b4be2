"""`guandian data`: a file a subcommand."""
