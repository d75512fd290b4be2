"""Small files beside a base: made from a training, and put beside its miner."""
