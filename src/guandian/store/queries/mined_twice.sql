-- Rows of reviews that two models mined, in an order that time has no part in.
with both_mined as (
    select id_hash from read_parquet($reviews)
    where model in ($before, $after) and aside = 0
    group by id_hash having count(distinct model) = 2
    order by id_hash limit $most
)
select id, row, model from read_parquet($reviews)
where model in ($before, $after) and id_hash in (select id_hash from both_mined)
