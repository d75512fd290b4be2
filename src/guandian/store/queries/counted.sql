-- Reviews that readers see, each as one.
select * exclude (number), 1::bigint as number, day as first_day, day as last_day
from read_parquet($reviews)
where current and {where}
