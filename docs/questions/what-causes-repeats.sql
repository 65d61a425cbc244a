-- What causes the repeats of the last seven days, and what do they cost? By the reason of the contact
-- that could have settled it.
select coalesce(nullif(substr(segment, 8), ''), 'unknown') as reason, sum(denominator) as repeats,
       round(sum(numerator), 2) as avoidable_cost,
       sum(numerator) / sum(sum(numerator)) over () as share
from figures
where figure = 'avoidable_cost' and segment like 'reason=%'
  and cast(date as date) > (select max(cast(date as date)) - 7 from figures)
group by reason
order by avoidable_cost desc;
