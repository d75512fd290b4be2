-- Products and how many reviews tell of them, by name.
select product, sum(number)::bigint as number
from read_parquet($kinds_by_product)
where product is not null
group by product
order by product
