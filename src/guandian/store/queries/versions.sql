-- All versions of these reviews.
select row, id, current from read_parquet($reviews)
where id_hash in (select unnest($hashes))
