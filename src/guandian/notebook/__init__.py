"""The public Python API, at home in notebooks: a facade over the rooms below."""

from guandian.notebook.mining import MinedReview, MinedReviews, Model, Summary, open

__all__ = ["MinedReview", "MinedReviews", "Model", "Summary", "open"]
