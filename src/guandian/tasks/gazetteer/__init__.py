"""Names counted in labelled texts, as features of the entities that a model finds."""
