"""How two models answered the same reviews: numbers alone, no word of a review."""

from guandian.store.records.trials.trial_records import ComparedReview, TrialRecords

__all__ = ["ComparedReview", "TrialRecords"]
