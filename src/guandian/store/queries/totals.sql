-- Sums by fewer columns.
select {columns},
    sum(reviews) as reviews, sum(praising) as praising, sum(complaining) as complaining,
    sum(positive) as positive, sum(negative) as negative, sum(opinions) as opinions,
    sum(pp) as pp, sum(pq) as pq, sum(pn) as pn, sum(qq) as qq, sum(qn) as qn, sum(nn) as nn
from ({source})
group by all
order by {order}
