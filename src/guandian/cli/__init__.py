"""The `guandian` command: one file a subcommand, no logic."""
