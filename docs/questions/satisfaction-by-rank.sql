-- How satisfied are customers with their first, second, third contact?
select substr(segment, 6) as rank, sum(denominator) as scored,
       sum(numerator) / sum(denominator) as score
from figures
where figure = 'satisfaction' and segment like 'rank=%'
group by rank
order by rank;
