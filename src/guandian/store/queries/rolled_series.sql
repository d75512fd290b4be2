-- Reviews with a negative opinion, and with any, by bucket of days and some columns, from sums.
select (day - date '1970-01-01' - $first) // $width as bucket, {by},
    sum(complaining)::bigint as complaints, sum(reviews)::bigint as volume
from ({source})
where day is not null and {where}
    and (day - date '1970-01-01') >= $first and (day - date '1970-01-01' - $first) // $width < $number
group by all
having sum(reviews) > 0
