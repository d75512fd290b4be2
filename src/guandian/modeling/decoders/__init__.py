"""Language models of transformers that learn to answer."""
