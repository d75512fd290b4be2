-- How aspects are written.
select aspect, name, written, count(*)::bigint as number, min(row) as earliest
from read_parquet($opinions)
where first and aspect is not null
group by all
order by aspect, name, written
