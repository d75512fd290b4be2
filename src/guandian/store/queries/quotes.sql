-- The opinions chosen, in an order that no two of them share.
select row, ordinal
from ({source})
where {where}
order by {order}
limit $limit offset $offset
