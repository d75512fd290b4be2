-- The opinions of some reviews.
select * from read_parquet($opinions) where row in (select row from affected)
