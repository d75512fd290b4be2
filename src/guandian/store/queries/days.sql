-- The first and the last day of all reviews read.
select min(day), max(day) from read_parquet($reviews) where current and first > 0
