-- Can I believe it? Contacts by channel, how many of them have a known customer, and what was refused.
select channel, cast(sum(denominator) as bigint) as contacts, sum(numerator) / sum(denominator) as coverage,
       (select count(*) from dead_letters) as refused_records
from figures
where figure = 'identified' and segment is null
group by channel
order by channel;
