"""Machines together: where work is placed by Ray."""
