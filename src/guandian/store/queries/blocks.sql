-- Opinions of two windows by window, block of reviews and cell; a block is a part by lot.
with chosen as (
    select row, (day >= $later)::bigint as later, polarity,
        category, coalesce(aspect, '') as aspect,
        coalesce(product, '') as product, coalesce(source, '') as source
    from ({source})
    where {where} and (day <= $earlier or day >= $later)
),
reviews as (
    select row, later,
        (row_number() over (partition by later order by hash(row), row) - 1)
            % (case when later = 0 then $blocks_before else $blocks_after end) as block
    from (select distinct row, later from chosen)
)
select later, block, category, aspect, product, source,
    count_if(polarity > 0)::double as positive,
    count_if(polarity = 0)::double as neutral,
    count_if(polarity < 0)::double as negative
from chosen join reviews using (row, later)
group by all
