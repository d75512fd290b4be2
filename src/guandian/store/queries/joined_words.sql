-- How aspects are written, several parts as one.
select aspect, name, written, sum(number)::bigint as number, min(earliest) as earliest
from read_parquet($spellings)
group by all
order by aspect, name, written
