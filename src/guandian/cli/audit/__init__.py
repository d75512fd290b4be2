"""Commands that audit a model."""
