"""An evaluation, for people: pages, pictures and what the figures are called."""
