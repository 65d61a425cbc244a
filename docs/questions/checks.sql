-- Figures against the tables they are counted in: every row of this query is a contradiction.
with of_figures as (
  select figure, "window" as win, scope, reason_mode, sum(numerator) as numerator, sum(denominator) as denominator
  from figures
  where segment is null and age_days is null
  group by all
), known as (
  select verdicts.*, contacts.follower, contacts.cost
  from verdicts join contacts using (contact_id, channel, source, customer)
  where verdicts.customer is not null
), of_tables as (
  select 'contacts' as figure, null as win, null as scope, null as reason_mode, count(*) as numerator,
         null as denominator
  from contacts
  union all
  select 'identified', null, null, null, count(customer), count(*) from contacts
  union all
  select 'cost', null, null, null, sum(cost), count(cost) from contacts
  union all
  select 'repeat_rate', "window", scope, reason_mode,
         count(*) filter (class = 'repeat'), count(*) filter (follower and count is not null)
  from known group by all
  union all
  select 'retry_rate', "window", scope, reason_mode,
         count(*) filter (class = 'retry'), count(*) filter (follower and count is not null)
  from known group by all
  union all
  select 'fir', "window", scope, reason_mode,
         count(*) filter (origin and verdict = 'resolved'),
         count(*) filter (origin and verdict <> 'pending' and status <> 'provisional')
  from known group by all
  union all
  select 'contacts_per_session', 'j+7', 'assisted', 'any', sum(contacts), count(*) from sessions
  union all
  select 'session_cost', 'j+7', 'assisted', 'any', sum(cost), count(cost) from sessions
  union all
  select 'avoidable_cost', 'j+7', 'assisted', 'any', sum(avoidable_cost),
         (select count(cost) from known
          where class = 'repeat' and "window" = 'j+7' and scope = 'assisted' and reason_mode = 'any')
  from sessions
)
select of_tables.*, of_figures.numerator as figures_say, of_figures.denominator as of_which
from of_tables left join of_figures
  on of_figures.figure = of_tables.figure
  and of_figures.win is not distinct from of_tables.win
  and of_figures.scope is not distinct from of_tables.scope
  and of_figures.reason_mode is not distinct from of_tables.reason_mode
where not (coalesce(abs(of_figures.numerator - of_tables.numerator) < 1e-6, false)
           and of_figures.denominator is not distinct from of_tables.denominator)
union all
-- Segments of a family are the whole again.
select 'family ' || figure || ' ' || split_part(segment, '=', 1), null, null, null, sum(numerator), null,
       (select sum(numerator) from figures as whole
        where whole.figure = figures.figure and whole.segment is null
          and (whole.scope is null or whole."window" = 'j+7' and whole.reason_mode = 'any'
               and whole.scope = figures.scope)), null
from figures
where segment is not null and figure in ('contacts', 'repeat_rate', 'fir', 'avoidable_cost', 'caused')
group by figure, scope, split_part(segment, '=', 1)
having abs(sum(numerator) - (select sum(numerator) from figures as whole
        where whole.figure = figures.figure and whole.segment is null
          and (whole.scope is null or whole."window" = 'j+7' and whole.reason_mode = 'any'
               and whole.scope = figures.scope))) > 1e-6;
