"""Commands that read pictures and recordings."""
