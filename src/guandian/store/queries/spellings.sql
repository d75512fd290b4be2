-- How aspects are written, the commonest way first.
select aspect, written, count(*)::bigint as number, min(row) as earliest
from read_parquet($opinions)
where first and aspect in (select unnest($keys))
group by aspect, written
order by number desc, earliest
