"""Trains intents on examples: an encoder is tuned, a head is fitted, both are exported."""
