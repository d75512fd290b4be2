"""Several trainings side by side: a process each, what they cost, how good they are, the pick."""
