-- Rows whose aspects go by the tenant's own names.
select o.* replace (coalesce(renames.aspect, o.aspect) as aspect)
from ({source}) as o
left join renames on o.name = renames.name
