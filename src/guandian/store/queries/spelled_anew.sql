-- How aspects are written.
select aspect, name, written, 1::bigint as number, row as earliest
from read_parquet($opinions)
where first
