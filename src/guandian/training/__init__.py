"""From a recipe and labelled corpora to a model's weights; one loop."""
