"""The heads on an encoder, and their losses."""
