-- Which twenty contacts should I listen to, for the reason with most repeats?
with worst as (
  select segment
  from figures
  where figure = 'repeat_rate' and segment like 'reason=_%'
  group by segment
  order by sum(numerator) desc, segment
  limit 1
)
select samples.date, segment, contact_id, channel, source, link
from samples join worst using (segment)
where figure = 'repeat_rate'
order by samples.date desc, rank
limit 20;
