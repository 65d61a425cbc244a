-- Which teams settle most at the first contact? Teams with few origins are left out.
select coalesce(nullif(substr(segment, 6), ''), 'unknown') as team, sum(denominator) as origins,
       sum(numerator) / sum(denominator) as fir
from figures
where figure = 'fir' and segment like 'team=%'
group by team
having sum(denominator) >= 30
order by fir desc, team;
