"""How commands run what they were asked for: watched, stopped, told how to go on."""
