-- How long do mails wait for an answer? Mean, and how many have it within four hours.
with mails as (
  select numerator, denominator, unnest(map_entries(buckets)) as bucket
  from figures
  where figure = 'time_to_answer' and channel = 'email' and segment is null
)
select (select sum(denominator) from figures
        where figure = 'mail_answered' and segment is null) as mails,
       (select sum(numerator) / sum(denominator) from figures
        where figure = 'mail_answered' and segment is null) as answered,
       (select sum(numerator) / sum(denominator) / 3600000 from figures
        where figure = 'time_to_answer' and channel = 'email' and segment is null) as mean_h,
       sum(cast(bucket.value as bigint))
         filter (try_cast(bucket.key as bigint) <= 14400000) / sum(cast(bucket.value as bigint))
         as within_4_h
from mails;
