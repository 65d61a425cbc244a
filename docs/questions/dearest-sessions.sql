-- Which sessions were the dearest, and which way did they go?
select customer, started_at, contacts, repeats, channels, reasons, cost, avoidable_cost, last_outcome
from sessions
where cost is not null
order by cost desc, started_at
limit 20;
