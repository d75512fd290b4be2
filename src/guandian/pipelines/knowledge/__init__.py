"""What a catalogue or labelled names add to a model."""
