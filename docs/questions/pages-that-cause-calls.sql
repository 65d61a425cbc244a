-- Which pages cause most calls this week, and what do these calls cost? Each call is counted once, for
-- the visit that came last before it.
select substr(segment, 6) as page,
       cast(sum(numerator) filter (figure = 'caused') as bigint) as calls,
       round(sum(numerator) filter (figure = 'caused_cost'), 2) as cost
from figures
where figure in ('caused', 'caused_cost') and from_channel = 'web' and channel = 'phone'
  and segment like 'page=_%'
  and cast(date as date) > (select max(cast(date as date)) - 7 from figures)
group by page
order by calls desc, page;
