"""Learning from pairs of texts: a question and its answer, two questions and whether they agree."""
