"""Reviews in, opinions out: the miner, and jobs over whole files."""
