"""Shows figures, whatever they are of: tables and plots."""
