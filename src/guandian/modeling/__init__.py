"""Torch bricks: the pretrained encoder, the heads on it and their losses."""
