-- On which channels do customers give up after nobody answered?
select channel, sum(denominator) as abandoned, sum(numerator) as gave_up,
       sum(numerator) / sum(denominator) as lost_rate
from figures
where figure = 'lost_rate' and "window" = 'j+7' and scope = 'assisted' and reason_mode = 'any'
  and segment is null
group by channel
having sum(denominator) > 0
order by lost_rate desc, channel;
