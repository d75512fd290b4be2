-- Reviews that speak of an aspect, and that complain of it, by where they stand; last, without an
-- aspect, of any.
with timed as (
    select row, coalesce({own}, '') as own
    from read_parquet($reviews, union_by_name = true)
), spoken as (
    select row, category, coalesce(aspect, '') as aspect, coalesce(product, '') as product,
        coalesce(source, '') as source, own, bool_or(polarity < 0) as complains
    from ({source}) join timed using (row)
    where {where}
    group by all
)
select category, aspect, product, source, own, count(*)::bigint, count_if(complains)::bigint
from spoken
group by all
union all
select null, null, product, source, own, count(distinct row)::bigint,
    count(distinct case when complains then row end)::bigint
from spoken
group by all
