"""The parts of continual learning: rows kept, weights merged, texts sent to an adapter."""
