-- The opinions chosen, in an order that no two of them share.
select row, ordinal, count(*) over () as total
from read_parquet($opinions)
where {where}
order by {order}
limit $limit offset $offset
