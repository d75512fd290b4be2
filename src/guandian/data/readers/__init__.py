"""A format a file: labelled sets in, labelled reviews out."""
