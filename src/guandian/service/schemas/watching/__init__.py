"""What answers about watched series hold."""
