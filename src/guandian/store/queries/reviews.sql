-- What is told of whole reviews: each kind of review, how many, and their first and last day.
select aside, {state} as state, silent, sentiment, model, language, rating, scale, unread_rating,
    count(*)::bigint, min(day), max(day)
from read_parquet($reviews)
where current and {where}
group by all
