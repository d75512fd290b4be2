-- How many reviews of a day each model mined, of those that readers see.
select day, model, count(*)::bigint
from read_parquet($reviews)
where current and aside = 0 and day is not null
group by all
