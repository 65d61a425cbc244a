"""The readings of the yardstick (seven windows, any and same reason), as an analyst would ask polars
for them: one pass over the sorted contacts for each mode, and then arithmetic for each window.

readings.py INPUT OUTPUT: from the contacts' Parquet file to that of the verdicts.
"""

import sys
from datetime import timedelta

import polars as pl

ZONE = "Europe/Paris"
# A calendar window of n days ends with the n-th local day after the contact's end.
WINDOWS = {
    "intraday": 0,
    "24h": timedelta(hours=24),
    "j+1": 1,
    "j+3": 3,
    "j+7": 7,
    "j+14": 14,
    "j+30": 30,
}
MODES = {"any": ["customer_id"], "same": ["customer_id", "reason"]}


def local_day(instant):
    return instant.dt.convert_time_zone(ZONE).dt.date()


def read_contacts(path):
    """What counts: everybody was answered but who hung up or got no answer; a visit during a call,
    chat or video chat of the same customer helps along and is no return."""
    start, end = pl.col("started_at"), pl.col("ended_at")
    call_end = pl.when(pl.col("channel").is_in(["phone", "chat", "video"])).then(end)
    running_until = call_end.cum_max().forward_fill().over("customer_id")
    return (
        pl.scan_parquet(path)
        .select(
            "contact_id", "customer_id", "channel", "reason", "outcome", "started_at", "ended_at"
        )
        .sort("customer_id", "started_at", "contact_id")
        .with_columns(
            abandoned=pl.col("outcome").is_in(["abandoned", "unanswered"]).fill_null(False),
            running_until=running_until,
        )
        .with_columns(
            # Of contacts that start at once, none is before the other here.
            running_until=pl.col("running_until").last().over("customer_id", "started_at"),
        )
        .with_columns(
            follower=~((pl.col("channel") == "web") & (start <= pl.col("running_until"))).fill_null(
                False
            )
        )
        .drop("channel", "outcome", "running_until")
    )


def with_neighbours(contacts, keys):
    """For each contact the earlier contact that ended last, of all and of the answered ones, and the
    first later one that is a return. Of two that ended at once the later one in order holds."""
    end, follower = pl.col("ended_at"), pl.col("follower")
    earlier_end = end.cum_max().shift(1)
    ends_last = (end >= earlier_end).fill_null(True)
    answered_end = pl.when(~pl.col("abandoned")).then(end).cum_max().forward_fill().shift(1)

    def next_return(column):
        return pl.when(follower).then(pl.col(column)).backward_fill().shift(-1)

    return contacts.with_columns(
        prior_at=earlier_end.over(keys),
        prior_id=pl.when(ends_last).then(pl.col("contact_id")).forward_fill().shift(1).over(keys),
        answered_at=answered_end.over(keys),
        next_at=next_return("started_at").over(keys),
        next_id=next_return("contact_id").over(keys),
    )


def verdicts(neighbours, mode, name, length):
    """The rows of one reading."""
    start, end, now = pl.col("started_at"), pl.col("ended_at"), pl.col("now")
    if isinstance(length, timedelta):

        def within(from_, to):
            return (to <= from_ + length).fill_null(False)

        passed = now > end + length
    else:

        def within(from_, to):
            days = (local_day(to) - local_day(from_)).dt.total_days()
            return (days <= length).fill_null(False)

        passed = (local_day(now) - local_day(end)).dt.total_days() > length
    has_prior = within(pl.col("prior_at"), start)
    has_answered = within(pl.col("answered_at"), start)
    has_next = within(end, pl.col("next_at"))
    follower, abandoned = pl.col("follower"), pl.col("abandoned")
    return neighbours.select(
        "contact_id",
        pl.lit(name).alias("window"),
        pl.lit(mode).alias("mode"),
        pl.when(follower & has_answered)
        .then(pl.lit("repeat"))
        .when(follower & has_prior)
        .then(pl.lit("retry"))
        .alias("class"),
        pl.when(has_prior).then(pl.col("prior_id")).alias("prior_contact_id"),
        pl.when(has_next).then(pl.col("next_id")).alias("next_contact_id"),
        pl.when(has_next & abandoned)
        .then(pl.lit("retried"))
        .when(has_next)
        .then(pl.lit("repeated"))
        .when(~passed)
        .then(pl.lit("pending"))
        .when(abandoned)
        .then(pl.lit("lost"))
        .otherwise(pl.lit("resolved"))
        .alias("verdict"),
    )


def main():
    source, target = sys.argv[1:]
    contacts = read_contacts(source).with_columns(now=pl.col("ended_at").max())
    rows = []
    for mode, keys in MODES.items():
        neighbours = with_neighbours(contacts, keys)
        rows += [verdicts(neighbours, mode, name, length) for name, length in WINDOWS.items()]
    pl.concat(rows).sink_parquet(target)


if __name__ == "__main__":
    main()
