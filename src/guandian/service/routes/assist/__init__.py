"""Understanding, answers, replies, and the inbox in which people see them."""
