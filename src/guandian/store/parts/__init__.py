"""The parts of a store: their files, their rows, and how they change."""
