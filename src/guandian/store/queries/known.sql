-- Versions of these reviews that are stored already.
select id, number, row, model, content, current
from read_parquet($reviews)
where id_hash in (select unnest($hashes))
