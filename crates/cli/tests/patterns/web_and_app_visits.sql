-- Visits with a search and without a booking, whose seventh day after has passed without a booking
-- in a later visit. The end of time is the greatest time of the file.
with visits as (
    select event_id as id, customer_id as customer, ts, string_split(outcome, '+') as did from data
),
searched as (
    select * from visits where list_contains(did, 'search') and not list_contains(did, 'booking')
)
select 'searched-and-booked-nothing' as rule, id, '' as step
from searched
where ts::date + 8 <= (select max(greatest(ts, coalesce(end_ts, ts))) from data)
    and not exists (
        from visits as later
        where later.customer = searched.customer and list_contains(later.did, 'booking')
            and (later.ts, later.id) > (searched.ts, searched.id)
            and later.ts::date - searched.ts::date <= 7
    )
