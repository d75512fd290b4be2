-- Who speaks of something, and who complains of it, by bucket of time and some columns.
with timed as (
    select row, coalesce(author, row::ubigint) as who, {bucket} as bucket, {own} as own
    from read_parquet($reviews, union_by_name = true)
    where current and row >= $rows
)
select bucket, {by},
    count(distinct case when polarity < 0 then who end) as complaints, count(distinct who) as volume
from ({source}) join timed using (row)
where {counts} and bucket >= 0 and bucket < $number and {where}
group by all
