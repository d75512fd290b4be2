-- The sums behind the net and its interval, by a column of the opinions chosen.
with spoken as (
    select {by} as key, row,
        count_if(polarity > 0) as p, count_if(polarity < 0) as q, count(*) as n
    from ({source})
    where {where}
    group by all
)
select key,
    count(*)::bigint, count_if(p > 0)::bigint, count_if(q > 0)::bigint,
    sum(p)::bigint, sum(q)::bigint, sum(n)::bigint,
    sum(p * p)::bigint, sum(p * q)::bigint, sum(p * n)::bigint,
    sum(q * q)::bigint, sum(q * n)::bigint, sum(n * n)::bigint
from spoken
group by key
order by sum(n) desc, key
limit $most
