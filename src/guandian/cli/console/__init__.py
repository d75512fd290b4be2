"""Parts that commands share on a terminal: help, progress, notes, streams, signals."""
