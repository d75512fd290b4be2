-- The owner's columns that any review has.
select distinct unnest(json_keys(own)) as name
from read_parquet($reviews, union_by_name = true)
where current and own is not null
order by name
