-- Reviews that hold the words, the latest first.
select row, count(*) over () as total
from read_parquet($reviews)
where current and row in (select row from matching) and {where}
order by day desc nulls last, row desc
limit $limit offset $offset
