"""What is known beside a model: a catalogue as a graph, links to it, and checks against it."""
