-- The opinions chosen, with a lot of their review.
select
    row, hash(row) as lot, category, coalesce(aspect, '') as aspect,
    coalesce(product, '') as product, coalesce(source, '') as source, polarity
from ({source})
where {where}
