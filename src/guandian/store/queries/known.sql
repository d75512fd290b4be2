-- Versions of these reviews that are stored already; of most loads there are none.
with there as materialized (
    select row from read_parquet($reviews) where id_hash in (select unnest($hashes))
)
select id, number, row, model, content, current
from read_parquet($reviews)
where row in (select row from there)
