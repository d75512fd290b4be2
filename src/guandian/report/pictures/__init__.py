"""The page of mined pictures: what was read, with the boxes of its opinions."""
