-- How some reviews count.
select row, first, again from read_parquet($reviews) where row in (select row from affected)
