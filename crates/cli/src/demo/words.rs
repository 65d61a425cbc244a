//! How the demo says things: times, durations, ordinals, contacts.

use calendar::{Calendar, DAY_MS, HOUR_MS, MINUTE_MS, Span};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{
    Channel, Confidence, ContactResult, EndKind, Millis, Mode, Money, Outcome, Provenance, Reading,
    Resolved, StepStatus,
};
use settings::Meant;

/// Characters of a keyed hash that are shown: enough to tell the customers of a day apart.
const HASH_SHOWN: usize = 8;

/// An instant in a pattern of `strftime`.
pub fn at(zone: &TimeZone, at: Millis, pattern: &str) -> String {
    let Ok(timestamp) = Timestamp::from_millisecond(at.0) else {
        return at.0.to_string();
    };
    timestamp
        .to_zoned(zone.clone())
        .strftime(pattern)
        .to_string()
}

/// `10:42`.
pub fn clock(zone: &TimeZone, at_time: Millis) -> String {
    at(zone, at_time, "%H:%M")
}

/// `Tue 14 Oct 10:42`, always 16 characters wide.
pub fn date_and_clock(zone: &TimeZone, at_time: Millis) -> String {
    at(zone, at_time, "%a %e %b %H:%M")
}

/// `18 h 16 min`, the two greatest units.
pub fn lasting(duration_ms: i64) -> String {
    let seconds = (duration_ms + 500) / 1_000;
    let (minutes, hours, days) = (
        duration_ms / MINUTE_MS,
        duration_ms / HOUR_MS,
        duration_ms / DAY_MS,
    );
    let two = |large: i64, unit: &str, small: i64, small_unit: &str| {
        if small == 0 {
            format!("{large} {unit}")
        } else {
            format!("{large} {unit} {small} {small_unit}")
        }
    };
    match duration_ms {
        ..MINUTE_MS => format!("{} s", seconds.min(59)),
        MINUTE_MS..HOUR_MS => format!("{minutes} min"),
        HOUR_MS..DAY_MS => two(hours, "h", minutes % 60, "min"),
        _ => two(days, "d", hours % 24, "h"),
    }
}

/// `23 h`, the greatest unit alone, rounded down.
pub fn roughly(duration_ms: i64) -> String {
    let text = lasting(duration_ms);
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// `third`; from the eleventh on `11th`.
pub fn ordinal(number: u32) -> String {
    const WORDS: [&str; 11] = [
        "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth",
    ];
    if let Some(word) = WORDS.get(number as usize).filter(|word| !word.is_empty()) {
        return (*word).to_owned();
    }
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn counted(number: u32) -> String {
    const WORDS: [&str; 11] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    WORDS
        .get(number as usize)
        .map_or(number.to_string(), |word| (*word).to_owned())
}

/// What a reading looks at: `in seven days`, `today, for the same reason`.
pub fn within(meant: &Meant, reading: &Reading) -> String {
    let mut text = match meant.customers.windows[reading.window].span {
        Span::CalendarDays(0) => "today".to_owned(),
        Span::CalendarDays(1) => "since yesterday".to_owned(),
        Span::CalendarDays(days) => format!("in {} days", counted(days)),
        Span::BusinessDays(days) => format!("in {} working days", counted(days)),
        Span::Rolling(duration_ms) if duration_ms % HOUR_MS == 0 => {
            format!("in {} hours", duration_ms / HOUR_MS)
        }
        Span::Rolling(duration_ms) => format!("in {}", lasting(duration_ms)),
    };
    let scope = &meant.customers.readings.scopes[reading.scope];
    match scope.name.as_str() {
        "assisted" => {}
        "all" => text.push_str(", the web included"),
        name => text.push_str(&format!(", {name} only")),
    }
    if reading.mode == Mode::Same {
        text.push_str(", for the same reason");
    }
    text
}

/// A customer's key with the hash cut short: `customer_id:3f9aB0c1…`.
pub fn customer(key: &str) -> String {
    let Some((kind, value)) = key.split_once(':') else {
        return "a customer nobody knows".to_owned();
    };
    if value.chars().count() <= HASH_SHOWN {
        return key.to_owned();
    }
    let short: String = value.chars().take(HASH_SHOWN).collect();
    format!("{kind}:{short}…")
}

/// Who says what the reason is.
pub fn says(provenance: Provenance) -> &'static str {
    match provenance {
        Provenance::Page => "page",
        Provenance::Queue => "queue",
        Provenance::Declared => "declared",
        Provenance::Qualified => "qualified",
    }
}

/// A contact's reason with its provenance.
pub fn reason(result: &ContactResult) -> String {
    match &result.contact.reason {
        Some(reason) => format!("{} ({})", reason.path, says(reason.provenance)),
        None => "reason not known yet".to_owned(),
    }
}

/// What became of a contact so far: `handled, 6 min`; of a mail that was answered on another day,
/// `answered Mon 13`.
pub fn outcome(result: &ContactResult, zone: &TimeZone) -> String {
    let contact = &result.contact;
    if contact.channel == Channel::Web {
        let failed = contact
            .steps
            .iter()
            .rev()
            .find(|step| step.status == StepStatus::Failed);
        return match failed.or(contact.steps.last()) {
            Some(step) if step.status == StepStatus::Completed => step.name.to_string(),
            Some(step) => format!("{} {}", step.name, step.status.name()),
            None => "visit".to_owned(),
        };
    }
    match contact.outcome {
        None if contact.end_kind == EndKind::Open => "going on".to_owned(),
        None => "unknown".to_owned(),
        Some(Outcome::Handled) if contact.channel == Channel::Email && spans_days(result, zone) => {
            at(zone, contact.ended_at, "answered %a %-d")
        }
        Some(outcome) => match contact
            .handle_ms
            .filter(|handle_ms| *handle_ms >= MINUTE_MS)
        {
            Some(handle_ms) => format!("{}, {}", outcome.name(), lasting(handle_ms)),
            None => outcome.name().to_owned(),
        },
    }
}

fn spans_days(result: &ContactResult, zone: &TimeZone) -> bool {
    let day = |instant: Millis| at(zone, instant, "%F");
    day(result.contact.started_at) != day(result.contact.ended_at)
}

/// How it is known whose contact it is.
pub fn known_by(result: &ContactResult) -> String {
    match &result.resolved {
        Resolved::Unknown => "unknown".to_owned(),
        Resolved::Quarantined { by } => format!("its {by} is shared by too many"),
        Resolved::Known { by, confidence, .. } => match confidence {
            Confidence::Unique => "stated".to_owned(),
            Confidence::Verified => format!("known by a verified {by}"),
            Confidence::Seen => format!("known by {by}"),
        },
    }
}

/// `14.20 EUR`.
pub fn money(amount: Money, currency: &str) -> String {
    format!("{:.2} {currency}", amount.units())
}

/// The local day's first instant, `days` after the day of an instant.
pub fn day_start(calendar: &Calendar, at: Millis, days: i64) -> Millis {
    calendar.day_start(calendar.local_day(at) + days)
}

/// `1 alert`, `2 alerts`.
pub fn many(count: u64, one: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {one}{ending}", crate::report::grouped(count))
}

#[cfg(test)]
mod tests {
    use super::{HOUR_MS, MINUTE_MS, customer, lasting, many, ordinal};

    #[test]
    fn durations_have_two_units() {
        let texts = [
            0,
            59_900,
            MINUTE_MS,
            65 * MINUTE_MS,
            48 * HOUR_MS,
            116 * HOUR_MS,
        ]
        .map(lasting);
        assert_eq!(
            texts,
            ["0 s", "59 s", "1 min", "1 h 5 min", "2 d", "4 d 20 h"]
        );
    }

    #[test]
    fn a_rough_duration_has_one_unit() {
        assert_eq!(super::roughly(116 * HOUR_MS), "4 d");
        assert_eq!(super::roughly(MINUTE_MS), "1 min");
    }

    #[test]
    fn ordinals_are_words_and_then_figures() {
        let texts = [1, 3, 10, 11, 12, 21, 102].map(ordinal);
        assert_eq!(
            texts,
            ["first", "third", "tenth", "11th", "12th", "21st", "102nd"]
        );
        assert_eq!(
            [many(1, "alert"), many(1_200, "alert")],
            ["1 alert", "1,200 alerts"]
        );
    }

    #[test]
    fn a_customers_hash_is_cut_short() {
        assert_eq!(
            customer("customer_id:abcdefghijklmnopqrstuv"),
            "customer_id:abcdefgh…"
        );
        assert_eq!(customer("customer_id:C1"), "customer_id:C1");
        assert_eq!(customer(""), "a customer nobody knows");
    }
}
