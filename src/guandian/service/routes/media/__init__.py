"""Routes of pictures and recordings."""
