"""Words of reviews, and the entries of a catalogue that they mean."""
