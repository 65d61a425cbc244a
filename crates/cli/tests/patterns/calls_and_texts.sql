-- Missed calls, the first text back within two hours, and no call that was answered between them.
with missed as (
    select * from data where channel = 'phone' and direction = 'in' and outcome = 'missed'
),
written as (
    select missed.event_id as id, missed.customer_id as customer, missed.ts,
           min((later.ts, later.event_id)) as text
    from missed join data as later on later.customer_id = missed.customer_id
        and later.channel = 'sms' and later.direction = 'out'
        and (later.ts, later.event_id) > (missed.ts, missed.event_id)
        and later.ts <= missed.ts + interval 2 hour
    group by all
)
select 'missed-and-written' as rule, id, text[2] as step
from written
where not exists (
    from data
    where data.customer_id = written.customer and data.channel = 'phone'
        and data.outcome = 'answered' and (data.ts, data.event_id) > (written.ts, written.id)
        and (data.ts, data.event_id) < (text[1], text[2])
)
