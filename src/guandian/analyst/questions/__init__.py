"""Questions in Chinese or English, answered by a closed set of typed calls."""
