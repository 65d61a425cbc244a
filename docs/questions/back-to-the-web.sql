-- After an advisor has answered, who goes (back) to the web site within seven days? By channel.
select from_channel, sum(denominator) as contacts, sum(numerator) / sum(denominator) as went_to_the_web
from figures
where figure = 'followed' and "window" = 'j+7' and scope = 'all' and reason_mode = 'any'
  and from_channel <> 'web' and channel = 'web' and segment is null
group by from_channel
having sum(denominator) > 0
order by went_to_the_web desc, from_channel;
