-- All versions of these reviews.
with there as materialized (
    select row from read_parquet($reviews) where id_hash in (select unnest($hashes))
)
select row, id, current
from read_parquet($reviews)
where row in (select row from there)
