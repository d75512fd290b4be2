"""What a training will take, told before it begins."""
