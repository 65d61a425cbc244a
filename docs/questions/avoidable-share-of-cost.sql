-- How much of what assistance costs goes into repeats? Day by day.
select date, round(sum(numerator) filter (figure = 'cost'), 2) as cost,
       round(sum(numerator) filter (figure = 'avoidable_cost'), 2) as avoidable,
       sum(numerator) filter (figure = 'avoidable_cost') / sum(numerator) filter (figure = 'cost')
         as share
from figures
where figure in ('cost', 'avoidable_cost') and segment is null
group by date
order by date;
