"""What mines, as a person named it: threads here, or workers of a cluster."""
