-- How aspects are written, counted before where it was.
select * from read_parquet($spellings)
union all
select aspect, name, written, 1::bigint as number, row as earliest
from read_parquet($fresh_opinions)
where first
