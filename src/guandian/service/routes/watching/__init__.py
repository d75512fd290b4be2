"""Series that are watched, over HTTP."""
