"""A format a file: bytes in, tables of rows out."""
