-- Reviews in the order of loading.
select row from read_parquet($reviews) where current and {where} order by number
