"""Words that may stand for each other while what is judged stays the same."""
