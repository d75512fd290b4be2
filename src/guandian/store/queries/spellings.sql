-- How aspects are written, the commonest way first.
select aspect, name, written, sum(number)::bigint as number, min(earliest) as earliest
from ({source})
where aspect in (select unnest($keys))
group by all
order by number desc, earliest
