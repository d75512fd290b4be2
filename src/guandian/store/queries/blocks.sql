-- The opinions chosen by block of reviews and by cell; reviews fall into blocks by lot.
select
    block, category, aspect, product, source,
    count(*) filter (polarity = 1)::bigint as positive,
    count(*) filter (polarity = 0)::bigint as neutral,
    count(*) filter (polarity = -1)::bigint as negative
from (
    select
        (dense_rank() over (order by hash(row), row) - 1) % $blocks as block,
        category, coalesce(aspect, '') as aspect, coalesce(product, '') as product,
        coalesce(source, '') as source, polarity
    from ({source})
    where {where}
)
group by all
