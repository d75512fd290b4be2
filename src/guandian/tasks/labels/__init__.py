"""Tasks of whole reviews that a recipe declares: a class, classes, a rank and a number."""
