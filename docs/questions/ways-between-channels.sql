-- From which channel to which do customers move?
select from_channel, channel, cast(sum(numerator) as bigint) as contacts,
       sum(numerator) / sum(sum(numerator)) over (partition by from_channel) as share
from figures
where figure = 'caused' and segment is null
group by from_channel, channel
order by contacts desc, from_channel, channel;
