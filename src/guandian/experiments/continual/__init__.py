"""Domains that come one after another: methods against forgetting, and how much each forgets."""
