"""What a model promises of its opinions, and the reviews of which it should be doubted."""
