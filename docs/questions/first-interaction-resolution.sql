-- How many matters are settled at the first contact, week by week, of the days that are over?
select date_trunc('week', cast(date as date)) as week, sum(denominator) as origins,
       sum(numerator) / sum(denominator) as fir
from figures
where figure = 'fir' and "window" = 'j+7' and scope = 'assisted' and reason_mode = 'any'
  and segment is null and matured
group by week
order by week;
