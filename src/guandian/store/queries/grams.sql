-- Where these grams stand.
select gram, place from read_parquet($grams) where gram in ({grams_in})
