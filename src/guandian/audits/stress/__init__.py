"""How a model holds under stress: changed texts, a search for the worst, and what defends it."""
