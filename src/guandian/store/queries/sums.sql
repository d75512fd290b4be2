-- The sums of tallies at one level, by all that reviews are chosen and grouped by.
with whole as (
    select row, bool_and(first = again) as alike from opinions group by row
),
viewed as (
    select
        case when alike then 0 else 1 end as view,
        row, day, product, brand, source, language, category, aspect, polarity
    from opinions join whole using (row)
    where first
    union all
    select 2, row, day, product, brand, source, language, category, aspect, polarity
    from opinions join whole using (row)
    where again and not alike
),
spoken as (
    select view, day, product, brand, source, language,
        {category} as category, {aspect} as aspect, row,
        count_if(polarity > 0) as p, count_if(polarity < 0) as q, count(*) as n
    from viewed
    where {where}
    group by all
)
select {level}::tinyint as level, view, day, product, brand, source, language, category, aspect,
    count(*) as reviews, count_if(p > 0) as praising, count_if(q > 0) as complaining,
    sum(p) as positive, sum(q) as negative, sum(n) as opinions,
    sum(p * p) as pp, sum(p * q) as pq, sum(p * n) as pn,
    sum(q * q) as qq, sum(q * n) as qn, sum(n * n) as nn
from spoken
group by view, day, product, brand, source, language, category, aspect
order by product, brand, day, category, aspect, source, language, view
