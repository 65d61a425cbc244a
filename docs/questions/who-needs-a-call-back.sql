-- Which customers came for the third time or more in the last two days, and may be called back?
select event_at, count as nth_contact, channel, channels, reasons, tier, cost, may_contact, link
from alerts
where name = 'third-in-seven-days' and may_contact is distinct from false
  and event_at > (select max(event_at) from alerts) - interval 2 day
order by nth_contact desc, event_at;
