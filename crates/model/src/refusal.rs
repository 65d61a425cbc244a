//! Why a record was not used. Both lists are closed: each is a label of a metric.

use crate::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// Why a record cannot be used; it goes to the dead letters.
    RejectedReason {
        /// Nothing but blanks, or no value at all.
        Empty = "empty",
        /// Not a JSON object.
        NotJson = "not_json",
        /// Not what the writer's schema says.
        NotAvro = "not_avro",
        /// Not a row of its file.
        NotCsv = "not_csv",
        /// Longer than a record may be.
        TooLarge = "too_large",
        /// A required field is absent.
        MissingField = "missing_field",
        /// A field is of another type than its own.
        WrongType = "wrong_type",
        /// A field's value is outside of what it may be.
        BadValue = "bad_value",
        /// A time is neither RFC 3339 with offset nor epoch milliseconds.
        BadTime = "bad_time",
        /// A time before 1990, or an event from the future.
        ImpossibleClock = "impossible_clock",
        /// The channel is none of the closed set.
        UnknownChannel = "unknown_channel",
        /// The record is another tenant's.
        OtherTenant = "other_tenant",
        /// The record, or its file, ends before it is complete.
        Truncated = "truncated",
        /// From here on its file cannot be read.
        Damaged = "damaged",
    }
}

words! {
    /// Why a sound record is of no use.
    IgnoredWhy {
        /// It happened after the time up to which was asked for.
        AfterUntil = "after_until",
        /// A signal of a name that is not in the list.
        UnknownSignal = "unknown_signal",
    }
}
