"""Words written otherwise, as people and filters know them: by sound, by look, in parts."""
