-- Did a release change the repeat rate? Seven days before and after, its own day in neither.
with days as (
  select cast(date as date) as day, sum(numerator) as repeats, sum(denominator) as contacts
  from figures
  where figure = 'repeat_rate' and "window" = 'j+7' and scope = 'assisted' and reason_mode = 'any'
    and segment is null
  group by day
)
select markers."at", markers.kind, markers.name,
       sum(repeats) filter (day < cast("at" as date)) / sum(contacts) filter (day < cast("at" as date))
         as before,
       sum(repeats) filter (day > cast("at" as date)) / sum(contacts) filter (day > cast("at" as date))
         as after
from markers join days on abs(day - cast("at" as date)) between 1 and 7
group by all
order by markers."at";
