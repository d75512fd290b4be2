-- Aspects that the same reviews speak of, the pairs that most of them do.
with spoken as (
    select distinct row, aspect from ({source}) where aspect is not null and {where}
),
alone as (select aspect, count(*) as number from spoken group by aspect),
common as (
    select aspect from alone order by number desc, aspect limit $most
),
pairs as (
    select a.aspect as first, b.aspect as second, count(*) as reviews
    from spoken as a join spoken as b on a.row = b.row and a.aspect < b.aspect
    where a.aspect in (select aspect from common) and b.aspect in (select aspect from common)
    group by all
    having count(*) >= $least
)
select pairs.first, pairs.second, pairs.reviews::bigint, f.number::bigint, s.number::bigint
from pairs
join alone as f on f.aspect = pairs.first
join alone as s on s.aspect = pairs.second
order by pairs.reviews desc, pairs.first, pairs.second
limit $limit
