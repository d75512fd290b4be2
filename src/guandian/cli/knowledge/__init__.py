"""`guandian knowledge`: catalogues, lexicons and gazetteers."""
