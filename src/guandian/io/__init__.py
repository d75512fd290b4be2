"""Bytes on a disk: written whole or not at all, never onto what is read, read within bounds.

And Ctrl-C, which must not tear that.
"""
