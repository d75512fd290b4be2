-- Rows whose categories go by the tenant's own.
select o.* replace (coalesce(regroups.own, o.category) as category)
from ({source}) as o
left join regroups on o.category = regroups.category
