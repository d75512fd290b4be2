-- All opinions.
select * from read_parquet($opinions)
