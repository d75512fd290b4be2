"""Series of opinions: how many reviews complain of something, bucket by bucket of time."""

from guandian.monitor.series.buckets import BucketUnit, TimeBuckets, complete_buckets
from guandian.monitor.series.counted_series import pack_series, read_series
from guandian.monitor.series.packed_series import CountedSeries, PackedSeries
from guandian.monitor.series.series_key import SeriesKey
from guandian.monitor.series.series_table import SeriesTable

__all__ = [
    "BucketUnit",
    "CountedSeries",
    "PackedSeries",
    "SeriesKey",
    "SeriesTable",
    "TimeBuckets",
    "complete_buckets",
    "pack_series",
    "read_series",
]
