-- Where a character stands.
select distinct place >> 24 as row from read_parquet($grams) where gram between $least and $most
