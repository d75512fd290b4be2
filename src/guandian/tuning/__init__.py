"""Search for a better recipe: trials, a study, the pick."""
