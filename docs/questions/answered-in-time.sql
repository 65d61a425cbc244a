-- At which hours are calls and chats answered too late?
select channel, hour, sum(denominator) as offered, sum(numerator) / sum(denominator) as answered_in_time
from figures
where figure = 'answered_within' and segment is null
group by channel, hour
order by answered_in_time, channel, hour;
