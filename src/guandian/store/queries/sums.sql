-- The sums of tallies by all that reviews are chosen and grouped by, at four levels.
with flagged as (
    select *, bool_and(first = again) over (partition by row) as alike
    from opinions
),
viewed as (
    select 0 as view, * from flagged where alike and first
    union all
    select 1 as view, * from flagged where not alike and first
    union all
    select 2 as view, * from flagged where not alike and again
),
leveled as (
    select 0 as level, * replace (null as category, null as aspect) from viewed
    union all
    select 1 as level, * replace (null as aspect) from viewed
    union all
    select 2 as level, * replace (null as category) from viewed where aspect is not null
    union all
    select 3 as level, * from viewed where aspect is not null
),
spoken as (
    select level, view, day, product, brand, source, language, category, aspect, row,
        count_if(polarity > 0) as p, count_if(polarity < 0) as q, count(*) as n
    from leveled
    group by all
)
select level, view, day, product, brand, source, language, category, aspect,
    count(*) as reviews, count_if(p > 0) as praising, count_if(q > 0) as complaining,
    sum(p) as positive, sum(q) as negative, sum(n) as opinions,
    sum(p * p) as pp, sum(p * q) as pq, sum(p * n) as pn,
    sum(q * q) as qq, sum(q * n) as qn, sum(n * n) as nn
from spoken
group by level, view, day, product, brand, source, language, category, aspect
order by level, brand, product, day, category, aspect, source, language, view
