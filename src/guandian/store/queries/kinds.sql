-- Reviews by what is told of them, how many, and their first and last day.
select {columns},
    sum(number) as number, min(first_day) as first_day, max(last_day) as last_day
from ({source})
group by all
order by {order}
