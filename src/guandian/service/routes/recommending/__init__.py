"""Items for people, over HTTP."""
