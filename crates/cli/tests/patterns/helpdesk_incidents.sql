-- Incidents, the first later one of the same kind up to the seventh day after the day on which the first
-- was solved, and none of another kind between them.
with incidents as (
    select event_id as id, customer_id as customer, ts, reason,
           greatest(ts, coalesce(end_ts, ts)) as solved
    from data
    where customer_id <> '' and reason <> ''
),
back as (
    select first.id, first.customer, first.ts, first.reason, min((later.ts, later.id)) as again
    from incidents as first join incidents as later on later.customer = first.customer
        and later.reason = first.reason and (later.ts, later.id) > (first.ts, first.id)
        and later.ts::date - first.solved::date <= 7
    group by all
)
select 'solved-and-back' as rule, id, again[2] as step
from back
where not exists (
    from incidents as other
    where other.customer = back.customer and other.reason <> back.reason
        and (other.ts, other.id) > (back.ts, back.id)
        and (other.ts, other.id) < (again[1], again[2])
)
