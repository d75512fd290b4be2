-- What is told of whole reviews: each kind of review, how many, and their first and last day.
select aside, {state} as state, silent, sentiment, model, language, rating, scale, unread_rating,
    sum(number)::bigint, min(first_day), max(last_day)
from ({source})
group by all
