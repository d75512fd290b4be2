-- The numbers that stand for the ids of all reviews.
select id_hash as id from read_parquet($reviews)
