"""Processes beside the service that mine its calls: as many as what waits takes."""
