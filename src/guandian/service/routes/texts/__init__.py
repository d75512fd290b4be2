"""Questions about texts that are sent along; nothing is kept."""
