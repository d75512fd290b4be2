"""Fine-tunes language models: loss on answers alone, rows packed, preferences."""
