"""Pretrained encoders: loaded, placed, frozen, read."""
