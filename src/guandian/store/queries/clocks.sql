-- Whether any review bears a zone or a user.
select bool_or(ahead is not null), bool_or(author is not null)
from read_parquet($reviews, union_by_name = true)
where current
