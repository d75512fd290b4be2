-- Reviews with an opinion, and with a negative one, by day and by some columns.
select day, {by}, sum(complaining)::bigint, sum(reviews)::bigint
from ({source})
where day is not null and {where}
group by all
having sum(reviews) > 0
