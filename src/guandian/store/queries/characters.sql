-- Where a character stands.
select place from read_parquet($grams) where gram between $least and $most
