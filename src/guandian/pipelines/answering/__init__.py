"""Retrievers from a company's history: trained, exported, calibrated, compared."""
