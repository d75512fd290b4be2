"""From labelled sets to the batches that a model learns from."""
