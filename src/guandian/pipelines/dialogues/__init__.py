"""Learning how satisfied customers leave dialogues, and measuring how well that is known."""
