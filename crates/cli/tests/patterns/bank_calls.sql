-- Calls of known customers, and the first call after each within an hour, both from their starts.
with calls as (
    select event_id as id, customer_id as customer, ts,
           if(outcome = 'HANG', 'abandoned', 'answered') as kind
    from data
    where outcome <> 'PHANTOM' and customer_id <> ''
),
again as (
    select calls.id, calls.kind, first(later.id order by later.ts, later.id) as step
    from calls join calls as later on later.customer = calls.customer
        and (later.ts, later.id) > (calls.ts, calls.id)
        and later.ts <= calls.ts + interval 1 hour
    group by all
)
select kind as rule, id, '' as step from calls
union all
select kind || '-and-again', id, step from again
