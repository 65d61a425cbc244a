-- Do repeats take longer than the contacts that could have settled the matter?
select channel,
       sum(numerator) filter (figure = 'handle_time_origins')
         / sum(denominator) filter (figure = 'handle_time_origins') / 60000 as origins_min,
       sum(numerator) filter (figure = 'handle_time_repeats')
         / sum(denominator) filter (figure = 'handle_time_repeats') / 60000 as repeats_min
from figures
where figure in ('handle_time_origins', 'handle_time_repeats') and segment is null
group by channel
order by channel;
