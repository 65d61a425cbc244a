-- How many visits that end on a page are followed by a call within seven days?
select substr(segment, 6) as page, sum(denominator) as visits, sum(numerator) as followed_by_a_call,
       sum(numerator) / sum(denominator) as call_rate
from figures
where figure = 'followed' and "window" = 'j+7' and scope = 'all'
  and from_channel = 'web' and channel = 'phone' and segment like 'page=_%'
group by page
having sum(denominator) >= 30
order by call_rate desc, page;
