"""From a language model's recipe to a folder that mines."""
