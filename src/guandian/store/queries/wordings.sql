-- What copies are told by, in the order of loading.
select row, product, wording, first, again
from read_parquet($reviews)
where current and aside = 0
order by number
