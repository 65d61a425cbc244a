-- The readings of the yardstick (seven windows, any and same reason), as an analyst would ask for
-- them: one pass of window functions for each mode, and then arithmetic for each window.
-- :input and :output are put in by compare.py.

-- What counts: everybody was answered but who hung up or got no answer; a visit during a call, chat
-- or video chat of the same customer helps along and is no return.
CREATE TEMP TABLE contacts AS
SELECT
    contact_id, customer_id, reason, started_at, ended_at,
    CAST(started_at AT TIME ZONE 'Europe/Paris' AS DATE) AS start_day,
    CAST(ended_at AT TIME ZONE 'Europe/Paris' AS DATE) AS end_day,
    outcome IN ('abandoned', 'unanswered') IS TRUE AS abandoned,
    NOT (channel = 'web' AND coalesce(started_at <= max(ended_at)
        FILTER (WHERE channel IN ('phone', 'chat', 'video'))
        OVER (PARTITION BY customer_id ORDER BY started_at), false)) AS follower
FROM read_parquet(':input');

-- For each contact the earlier contact that ended last, of all and of the answered ones, and the
-- first later one that is a return. Of two that ended at once the later one in order holds.
CREATE TEMP TABLE neighbours AS
SELECT
    'any' AS mode, *,
    max(ended_at) OVER earlier AS prior_at,
    arg_max(contact_id, (ended_at, started_at, contact_id)) OVER earlier AS prior_id,
    max(ended_at) FILTER (WHERE NOT abandoned) OVER earlier AS answered_at,
    first_value(CASE WHEN follower THEN started_at END IGNORE NULLS) OVER later AS next_at,
    first_value(CASE WHEN follower THEN contact_id END IGNORE NULLS) OVER later AS next_id
FROM contacts
WINDOW
    earlier AS (PARTITION BY customer_id ORDER BY started_at, contact_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    later AS (PARTITION BY customer_id ORDER BY started_at, contact_id
        ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
UNION ALL
SELECT
    'same' AS mode, *,
    max(ended_at) OVER earlier AS prior_at,
    arg_max(contact_id, (ended_at, started_at, contact_id)) OVER earlier AS prior_id,
    max(ended_at) FILTER (WHERE NOT abandoned) OVER earlier AS answered_at,
    first_value(CASE WHEN follower THEN started_at END IGNORE NULLS) OVER later AS next_at,
    first_value(CASE WHEN follower THEN contact_id END IGNORE NULLS) OVER later AS next_id
FROM contacts
WINDOW
    earlier AS (PARTITION BY customer_id, reason ORDER BY started_at, contact_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    later AS (PARTITION BY customer_id, reason ORDER BY started_at, contact_id
        ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING);

-- A calendar window of n days ends with the n-th local day after the contact's end.
COPY (
    WITH
    windows(name, days, hours) AS (VALUES
        ('intraday', 0, NULL), ('24h', NULL, 24), ('j+1', 1, NULL), ('j+3', 3, NULL),
        ('j+7', 7, NULL), ('j+14', 14, NULL), ('j+30', 30, NULL)),
    horizon AS (SELECT max(ended_at) AS now FROM contacts),
    local AS (
        SELECT *,
            CAST(prior_at AT TIME ZONE 'Europe/Paris' AS DATE) AS prior_day,
            CAST(answered_at AT TIME ZONE 'Europe/Paris' AS DATE) AS answered_day,
            CAST(next_at AT TIME ZONE 'Europe/Paris' AS DATE) AS next_day
        FROM neighbours),
    inside AS (
        SELECT
            contact_id, windows.name AS "window", mode, follower, abandoned, prior_id, next_id,
            CASE WHEN hours IS NULL THEN start_day - prior_day <= days
                ELSE started_at <= prior_at + to_hours(hours) END IS TRUE AS has_prior,
            CASE WHEN hours IS NULL THEN start_day - answered_day <= days
                ELSE started_at <= answered_at + to_hours(hours) END IS TRUE AS has_answered,
            CASE WHEN hours IS NULL THEN next_day - end_day <= days
                ELSE next_at <= ended_at + to_hours(hours) END IS TRUE AS has_next,
            CASE WHEN hours IS NULL
                THEN CAST(now AT TIME ZONE 'Europe/Paris' AS DATE) > end_day + days
                ELSE now > ended_at + to_hours(hours) END AS passed
        FROM local, windows, horizon)
    SELECT
        contact_id, "window", mode,
        CASE WHEN follower AND has_answered THEN 'repeat'
            WHEN follower AND has_prior THEN 'retry' END AS class,
        CASE WHEN has_prior THEN prior_id END AS prior_contact_id,
        CASE WHEN has_next THEN next_id END AS next_contact_id,
        CASE WHEN has_next AND abandoned THEN 'retried'
            WHEN has_next THEN 'repeated'
            WHEN NOT passed THEN 'pending'
            WHEN abandoned THEN 'lost'
            ELSE 'resolved' END AS verdict
    FROM inside
) TO ':output' (FORMAT parquet);
