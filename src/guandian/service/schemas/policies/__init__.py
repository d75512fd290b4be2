"""What two people decide, as it is sent."""
