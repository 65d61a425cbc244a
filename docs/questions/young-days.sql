-- Do customers of the last days come back more than those of former days did at the same age?
with ages as (
  select cast(date as date) as day, age_days, sum(numerator) / sum(denominator) as returned,
         sum(denominator) as origins
  from figures
  where figure = 'returned_by_age' and scope = 'assisted'
  group by all
), last as (
  select day, max(age_days) as age_days from ages group by day having max(age_days) between 1 and 6
)
select young.day, young.age_days, young.origins, young.returned,
       median(former.returned) as normal, count(*) as days
from last join ages as young using (day, age_days)
join ages as former
  on former.age_days = young.age_days and former.day < young.day
  and dayofweek(former.day) = dayofweek(young.day) and former.day >= young.day - 56
group by all
having count(*) >= 3
order by young.day;
