-- Tallies of roll-ups, by a column.
select {by} as key,
    sum(reviews)::bigint, sum(praising)::bigint, sum(complaining)::bigint,
    sum(positive)::bigint, sum(negative)::bigint, sum(opinions)::bigint,
    sum(pp)::bigint, sum(pq)::bigint, sum(pn)::bigint,
    sum(qq)::bigint, sum(qn)::bigint, sum(nn)::bigint
from ({source})
where {where}
group by key
having sum(opinions) <> 0
order by sum(opinions) desc, key
limit $most
