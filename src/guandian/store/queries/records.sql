-- Reviews as they were stored.
select row, record from read_parquet($texts) where row in (select unnest($rows))
