"""Videos as frames with text, and as the sound that goes with them."""
