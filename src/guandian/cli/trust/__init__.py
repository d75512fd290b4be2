"""Commands that say why, and how sure."""
