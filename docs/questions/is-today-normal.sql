-- Is today normal? The repeat rate of the last date beside its last eight same weekdays.
with days as (
  select cast(date as date) as day, sum(numerator) / sum(denominator) as rate, sum(denominator) as contacts
  from figures
  where figure = 'repeat_rate' and "window" = 'j+7' and scope = 'assisted' and reason_mode = 'any'
    and segment is null
  group by day
), today as (select max(day) as day from days), weekdays as (
  select days.rate
  from days, today
  where days.day < today.day and dayofweek(days.day) = dayofweek(today.day)
  order by days.day desc
  limit 8
)
select days.day, days.contacts, days.rate, quantile_cont(weekdays.rate, 0.25) as lower,
       median(weekdays.rate) as normal, quantile_cont(weekdays.rate, 0.75) as upper,
       count(*) as weekdays
from days join today using (day), weekdays
group by all
having count(*) >= 3;
