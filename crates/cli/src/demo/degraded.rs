//! Tells which journeys degrade: more customers fail in one place than normally do.

use super::view::View;
use super::words;
use crate::screen::{ACT, CALM, Screen};
use calendar::HOUR_MS;
use model::{AlertStatus, Millis, Signal};
use stage_monitor::{Cause, JourneyDegraded};
use std::io::{Result, Write};

/// Room for the time at the left.
const INDENT: usize = 7;
/// A marker so long before the begin is named: it may be the cause.
const MARKER_WITHIN_MS: i64 = 2 * HOUR_MS;

/// Tells an alert of the monitor, or what has become of it.
pub fn tell<W: Write>(
    alert: &JourneyDegraded,
    now: Millis,
    view: View<'_>,
    screen: &mut Screen<W>,
) -> Result<()> {
    let clock = |at: Millis| words::clock(view.zone(), at);
    let rule = &alert.place.rule;
    let found = view.meant.customers.rules.find(rule, alert.place.version);
    let title = found.map_or(rule.as_str(), |rule| rule.title.en.as_str());
    let what = match alert.cause {
        Cause::Raised => format!("{ACT}▼ Degrades: {title}{CALM} [{rule}]"),
        Cause::GoesOn => format!("{ACT}▼ Still degraded:{CALM} {title} [{rule}]"),
        Cause::Corrected => format!("▼ Corrected: {title} [{rule}]"),
        Cause::Over => {
            let over = alert.over_since.map(clock).unwrap_or_default();
            format!("▽ As expected again since {over}: {title} [{rule}]")
        }
        Cause::NewNormal => format!("▽ The new normal after seven days: {title} [{rule}]"),
        Cause::Undone => format!("↺ withdrawn: {title} [{rule}]"),
    };
    screen.blank()?;
    screen.line(&format!("{}  {what}", clock(now)), INDENT)?;
    if alert.status == AlertStatus::Withdrawn {
        return screen.flush();
    }
    let mut line = |text: &str| screen.line(&format!("{:INDENT$}{text}", ""), INDENT);
    let named = [&alert.place.segment, &alert.within];
    let named = named.iter().filter(|part| !part.is_empty());
    let named: Vec<String> = named
        .map(|part| part.replace("attributes.", "").replace(',', ", "))
        .collect();
    if !named.is_empty() {
        line(&format!("where      {}", named.join(", ")))?;
    }
    line(&format!(
        "how often  {} since {}, where {:.0} were to be expected",
        alert.breaks,
        clock(alert.since),
        alert.expected
    ))?;
    let at_least = match alert.toll.is_partial {
        true => "at least ",
        false => "",
    };
    line(&format!(
        "so far     {at_least}{}, {}",
        words::many(alert.toll.customers, "customer"),
        words::money(alert.toll.cost, &view.meant.currency)
    ))?;
    if let Some(marker) = marker_before(alert, view) {
        let name = marker.attributes.iter().find(|(name, _)| name == "name");
        let name = name.and_then(|(_, value)| value.as_ref());
        line(&format!(
            "before it  {} {}{}",
            clock(marker.occurred_at),
            marker.purpose,
            name.map_or(String::new(), |name| format!(" {name}"))
        ))?;
    }
    screen.blank()?;
    screen.flush()
}

/// The last thing that was done before it began, if it is not long ago.
fn marker_before<'a>(alert: &JourneyDegraded, view: View<'a>) -> Option<&'a Signal> {
    let markers = view.told.markers.values();
    let before = markers.filter(|marker| {
        let earlier_ms = alert.since.since(marker.occurred_at);
        (0..=MARKER_WITHIN_MS).contains(&earlier_ms)
    });
    before.max_by_key(|marker| marker.occurred_at)
}
