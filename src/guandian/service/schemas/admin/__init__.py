"""What those who run the service ask of it, and what they are answered."""
