-- The parts that hold one of these rows.
select distinct filename from read_parquet($reviews, filename = true)
where row in (select unnest($rows))
