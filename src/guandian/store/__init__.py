"""What is kept of reviews: opinions in immutable parts, and records that change."""
