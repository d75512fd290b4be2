-- The rows of reviews, and their days as numbers that are 0 where there is none.
select row, coalesce(day - date '1970-01-01' + 4194304, 0)::bigint as day
from read_parquet($reviews)
where current and {where}
