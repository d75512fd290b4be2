"""What an analyst reads of a store: summaries with quotes, and answers to questions in words."""
