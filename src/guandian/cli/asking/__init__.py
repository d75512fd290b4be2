"""Commands that ask a store in words, and sum it up."""
