"""Series of opinions: how many reviews complain of something, bucket by bucket of time."""

from guandian.monitor.series.buckets import BucketUnit, TimeBuckets, complete_buckets
from guandian.monitor.series.counted_series import SeriesTable, read_series
from guandian.monitor.series.series_key import SeriesKey

__all__ = [
    "BucketUnit",
    "SeriesKey",
    "SeriesTable",
    "TimeBuckets",
    "complete_buckets",
    "read_series",
]
