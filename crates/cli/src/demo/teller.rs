//! Tells alerts so that a reader can check them: as they are raised, revised and withdrawn.

use super::view::View;
use super::words;
use crate::screen::{ACT, CALM, Screen};
use calendar::MINUTE_MS;
use model::{Alert, AlertStatus, ContactName, ContactResult, Millis, Mode, Reason, Text};
use rules::Policy;
use stage_customers::Output;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Result, Write};

/// Alerts that can be read in a minute.
const TOLD_PER_MINUTE: f64 = 12.0;
/// Alerts that may be told at once after a quiet time.
const TOLD_AT_ONCE: f64 = 2.0;
/// Contacts listed under an alert; of more, the last ones.
const LISTED_MAX: usize = 4;
/// Room for the time at the left.
const INDENT: usize = 7;

/// Tells alerts, not more than can be read.
pub struct Teller {
    budget: Budget,
    shown: BTreeMap<Text, Shown>,
    standing: BTreeMap<Text, bool>,
    /// What became of the alerts of the day.
    pub counts: Counts,
}

/// Alerts since the day began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Raised.
    pub raised: u64,
    /// Of these, told in full; the others were counted only.
    pub told: u64,
    /// Withdrawn.
    pub withdrawn: u64,
}

/// An alert as it was told.
struct Shown {
    told_at: Millis,
    count: u32,
    reason: Option<Reason>,
}

/// What may still be told: it grows with the reader's time.
pub(super) struct Budget {
    left: f64,
    at: Millis,
    /// Milliseconds of the day in which one alert can be read.
    alert_ms: f64,
}

impl Budget {
    /// So much may be told in a minute of the reader's, who sees `speed` seconds of the day in one
    /// of his.
    pub(super) fn new(speed: f64, told_per_minute: f64, now: Millis) -> Budget {
        Budget {
            left: TOLD_AT_ONCE,
            at: now,
            alert_ms: speed * MINUTE_MS as f64 / told_per_minute,
        }
    }

    /// Whether one more can be read now; then it is told.
    pub(super) fn spend(&mut self, now: Millis) -> bool {
        let grown = now.since(self.at).max(0) as f64 / self.alert_ms;
        self.left = (self.left + grown).min(TOLD_AT_ONCE);
        self.at = self.at.max(now);
        let enough = self.left >= 1.0;
        if enough {
            self.left -= 1.0;
        }
        enough
    }
}

/// Alerts about one contact that came together.
#[derive(Default)]
struct News<'a> {
    raised: Vec<&'a Alert>,
    /// Withdrawn for one customer and raised for another, all else being the same.
    moved: Vec<(&'a Alert, &'a Alert)>,
    revised: Vec<&'a Alert>,
    withdrawn: Vec<&'a Alert>,
}

impl News<'_> {
    /// Finds those that were withdrawn only to stand for another customer.
    fn pair(&mut self) {
        self.withdrawn.retain(|old| {
            let same = |new: &&Alert| new.policy == old.policy && new.count == old.count;
            let Some(place) = self.raised.iter().position(same) else {
                return true;
            };
            self.moved.push((old, self.raised.remove(place)));
            false
        });
    }
}

impl Teller {
    /// Nothing was told yet. `speed`: seconds of the day for each second of the reader's. Alerts
    /// that stand already are not told again.
    pub fn new(speed: f64, now: Millis, standing: &BTreeMap<Text, Alert>) -> Teller {
        let stands = |alert: &Alert| alert.status != AlertStatus::Withdrawn;
        Teller {
            budget: Budget::new(speed, TOLD_PER_MINUTE, now),
            shown: BTreeMap::new(),
            standing: standing
                .iter()
                .map(|(id, alert)| (id.clone(), stands(alert)))
                .collect(),
            counts: Counts::default(),
        }
    }

    /// Tells what customers told just now.
    pub fn hear<W: Write>(
        &mut self,
        told: &[Output],
        now: Millis,
        view: View<'_>,
        screen: &mut Screen<W>,
    ) -> Result<()> {
        let alerts = told.iter().filter_map(|output| match output {
            Output::Alert(alert, _) => Some(&**alert),
            _ => None,
        });
        let mut news: BTreeMap<&ContactName, News<'_>> = BTreeMap::new();
        for alert in alerts {
            let stood = self.standing.insert(alert.alert_id.clone(), stands(alert));
            let of_contact = news.entry(&alert.contact).or_default();
            match (alert.status, stood) {
                (AlertStatus::Withdrawn, _) => of_contact.withdrawn.push(alert),
                (_, Some(true)) => of_contact.revised.push(alert),
                (_, _) => of_contact.raised.push(alert),
            }
        }
        for mut of_contact in news.into_values() {
            of_contact.pair();
            self.tell(&of_contact, now, view, screen)?;
        }
        Ok(())
    }

    fn tell<W: Write>(
        &mut self,
        news: &News<'_>,
        now: Millis,
        view: View<'_>,
        screen: &mut Screen<W>,
    ) -> Result<()> {
        self.counts.raised += news.raised.len() as u64;
        self.counts.withdrawn += news.withdrawn.len() as u64;
        self.tell_moved(&news.moved, now, view, screen)?;
        let withdrawn: Vec<&&Alert> = news
            .withdrawn
            .iter()
            .filter(|alert| self.shown.contains_key(&alert.alert_id))
            .collect();
        let mut said = BTreeSet::new();
        for alert in &withdrawn {
            let why = why_withdrawn(view, alert);
            if said.insert(why.clone()) {
                self.line(now, "withdrawn", alert, &why, view, screen)?;
            }
            self.shown.remove(&alert.alert_id);
        }
        let first = news
            .revised
            .iter()
            .find(|alert| self.says_something_else(alert, view));
        if let Some(alert) = first {
            let what = what_changed(view, alert);
            self.line(now, "revised", alert, &what, view, screen)?;
        }
        for alert in &news.revised {
            self.remember(alert, view);
        }
        if news.raised.is_empty() {
            return Ok(());
        }
        // What replaces something that was told is told too.
        if withdrawn.is_empty() && !self.budget.spend(now) {
            return Ok(());
        }
        self.counts.told += news.raised.len() as u64;
        for alert in &news.raised {
            let reason = view
                .contact_of(alert)
                .and_then(|result| result.contact.reason.clone());
            let shown = Shown {
                told_at: now,
                count: alert.count,
                reason,
            };
            self.shown.insert(alert.alert_id.clone(), shown);
        }
        block(&news.raised, now, view, screen)
    }

    fn tell_moved<W: Write>(
        &mut self,
        moved: &[(&Alert, &Alert)],
        now: Millis,
        view: View<'_>,
        screen: &mut Screen<W>,
    ) -> Result<()> {
        for (place, (old, new)) in moved.iter().enumerate() {
            if !self.shown.contains_key(&old.alert_id) {
                continue;
            }
            let nth = view
                .policy_of(new)
                .map(|policy| nth(view, policy, new.count));
            let why = format!(
                "{}; it still stands, as the {}",
                why_withdrawn(view, old),
                nth.unwrap_or_default()
            );
            if place == 0 {
                self.line(now, "moved", old, &why, view, screen)?;
            }
            if let Some(shown) = self.shown.remove(&old.alert_id) {
                self.shown.insert(new.alert_id.clone(), shown);
            }
        }
        Ok(())
    }

    /// Whether an alert that was told would now be told otherwise. A first or finer reason, costs
    /// and the call's end are in the nature of things.
    fn says_something_else(&self, alert: &Alert, view: View<'_>) -> bool {
        let Some(shown) = self.shown.get(&alert.alert_id) else {
            return false;
        };
        let reason = view
            .contact_of(alert)
            .and_then(|result| result.contact.reason.as_ref());
        let corrected = match (&shown.reason, reason) {
            (Some(told), Some(now)) => !now.path.starts_with(told.path.as_str()),
            _ => false,
        };
        corrected || shown.count != alert.count
    }

    fn remember(&mut self, alert: &Alert, view: View<'_>) {
        if let Some(shown) = self.shown.get_mut(&alert.alert_id) {
            shown.count = alert.count;
            shown.reason = view
                .contact_of(alert)
                .and_then(|result| result.contact.reason.clone());
        }
    }

    fn line<W: Write>(
        &self,
        now: Millis,
        what: &str,
        alert: &Alert,
        why: &str,
        view: View<'_>,
        screen: &mut Screen<W>,
    ) -> Result<()> {
        let told_at = self
            .shown
            .get(&alert.alert_id)
            .map_or(now, |shown| shown.told_at);
        let text = format!(
            "{}  ↺ {what}: the alert of {} about {}: {why} (cause: {})",
            words::clock(view.zone(), now),
            words::clock(view.zone(), told_at),
            alert.contact.contact_id,
            alert.cause.replace('_', " "),
        );
        screen.line(&text, INDENT)
    }
}

fn stands(alert: &Alert) -> bool {
    alert.status != AlertStatus::Withdrawn
}

/// `third contact in seven days`.
fn nth(view: View<'_>, policy: &Policy, count: u32) -> String {
    let within = words::within(view.meant, view.reading(policy.reading));
    format!("{} contact {within}", words::ordinal(count))
}

/// The alerts of one contact in full: what, who, why, and the contacts that the count counts.
fn block<W: Write>(
    alerts: &[&Alert],
    now: Millis,
    view: View<'_>,
    screen: &mut Screen<W>,
) -> Result<()> {
    screen.blank()?;
    let mut names: Vec<ContactName> = Vec::new();
    for (place, alert) in alerts.iter().enumerate() {
        let Some((contact, policy)) = view.contact_of(alert).zip(view.policy_of(alert)) else {
            continue;
        };
        let nth = nth(view, policy, alert.count);
        if place == 0 {
            head(alert, contact, &nth, now, view, screen)?;
        } else {
            let text = format!("{:INDENT$}also the {nth} [{}]", "", alert.policy);
            screen.line(&text, INDENT + 2)?;
        }
        let counted = view.counted(contact, policy.reading);
        let unlisted = counted
            .iter()
            .any(|earlier| !names.contains(&earlier.contact.name()));
        if place > 0 && !unlisted {
            continue;
        }
        rows(&counted, contact, policy, view, screen)?;
        names.extend(counted.iter().map(|earlier| earlier.contact.name()));
    }
    screen.blank()?;
    screen.flush()
}

fn head<W: Write>(
    alert: &Alert,
    contact: &ContactResult,
    nth: &str,
    now: Millis,
    view: View<'_>,
    screen: &mut Screen<W>,
) -> Result<()> {
    let begun = if now.since(alert.event_at) > 2 * MINUTE_MS {
        let at = words::date_and_clock(view.zone(), alert.event_at);
        format!(", begun {}", at.trim_start())
    } else {
        String::new()
    };
    let text = format!(
        "{}  {ACT}▲ {nth}{CALM}: {} {}{begun} [{}]",
        words::clock(view.zone(), now),
        alert.contact.channel.name(),
        alert.contact.contact_id,
        alert.policy
    );
    screen.line(&text, INDENT)?;
    let cost = alert.cost.map_or("cost not known".to_owned(), |cost| {
        format!("{} spent so far", words::money(cost, &view.meant.currency))
    });
    let text = format!("{:INDENT$}{} · {cost}", "", words::reason(contact));
    screen.line(&text, INDENT)?;
    let tier = if alert.tier.is_empty() || alert.tier == "standard" {
        String::new()
    } else {
        format!(", tier {}", alert.tier)
    };
    let text = format!(
        "{:INDENT$}{} ({}{tier}), who came before:",
        "",
        words::customer(&alert.customer),
        words::known_by(contact),
    );
    screen.line(&text, INDENT)
}

/// The earlier contacts, one a line, numbered as the count counts them.
fn rows<W: Write>(
    counted: &[&ContactResult],
    contact: &ContactResult,
    policy: &Policy,
    view: View<'_>,
    screen: &mut Screen<W>,
) -> Result<()> {
    let hidden = counted.len().saturating_sub(LISTED_MAX);
    if hidden > 0 {
        let since = words::date_and_clock(view.zone(), counted[0].contact.started_at);
        let text = format!("{:INDENT$}1 to {hidden}: earlier ones, since {since}", "");
        screen.line(&text, INDENT + 2)?;
    }
    for (place, earlier) in counted.iter().enumerate().skip(hidden) {
        let gap = view.gap(policy.reading, earlier, contact.contact.started_at);
        let text = format!("{:INDENT$}{} {} {gap}", "", place + 1, view.row(earlier));
        screen.line(&text, INDENT + 2)?;
    }
    Ok(())
}

fn what_changed(view: View<'_>, alert: &Alert) -> String {
    let nth = view
        .policy_of(alert)
        .map(|policy| nth(view, policy, alert.count));
    let reason = view.contact_of(alert).map(words::reason);
    format!(
        "it is the {}, and about {}",
        nth.unwrap_or_default(),
        reason.unwrap_or_default()
    )
}

/// Why an alert no longer holds, found by looking at its contact as it is now.
pub fn why_withdrawn(view: View<'_>, alert: &Alert) -> String {
    let channel = match alert.contact.channel.name() {
        "phone" => "call",
        name => name,
    };
    let Some(result) = view.contact_of(alert) else {
        let mut all = view.told.contacts.iter();
        return match all.find(|((_, name), _)| *name == alert.contact) {
            Some((_, moved)) if moved.customer.is_empty() => {
                format!("nobody can say any more whose {channel} it is")
            }
            Some((_, moved)) => {
                format!(
                    "the {channel} turned out to be that of {}",
                    words::customer(&moved.customer)
                )
            }
            None => format!("the {channel} is part of another contact"),
        };
    };
    if !result.roles.follower {
        let why = result.roles.not_counted_because.replace('_', " ");
        return format!("the {channel} does not count: {why}");
    }
    let Some(policy) = view.policy_of(alert) else {
        return "there is no such policy any more".to_owned();
    };
    let reason = result
        .contact
        .reason
        .as_ref()
        .map_or("", |reason| reason.path.as_str());
    if !policy.concerns(result.contact.channel, reason, &result.contact.tier) {
        return format!("its reason is {}", words::reason(result));
    }
    let count = result.reading(policy.reading).map_or(0, |row| row.count);
    if count >= policy.count_min {
        let hours = words::lasting(policy.cool_down_ms);
        return format!("another alert of the {hours} before covers it");
    }
    match view.reading(policy.reading).mode {
        Mode::Same => format!(
            "its reason is {}, and it is alone with it",
            words::reason(result)
        ),
        Mode::Any => format!(
            "an earlier contact is not this customer's or does not count; it is the {}",
            nth(view, policy, count.max(1))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, News};
    use model::{Alert, AlertStatus, Channel, Confidence, ContactName, Millis, Text};

    fn alert(policy: &str, customer: &str, count: u32, status: AlertStatus) -> Alert {
        Alert {
            alert_id: Text::from(format!("{policy} {customer}")),
            policy: policy.into(),
            policy_version: 1,
            status,
            revision: 1,
            cause: Text::default(),
            customer: customer.into(),
            contact: ContactName {
                contact_id: "call-1".into(),
                channel: Channel::Phone,
                source: "acd".into(),
            },
            readings: Vec::new(),
            count,
            rank: count,
            gap_ms: 0,
            origin_contact_id: Text::default(),
            prior_contact_id: Text::default(),
            channels: Vec::new(),
            reasons: Vec::new(),
            cost: None,
            tier: Text::default(),
            may_contact: None,
            identified_by: "phone".into(),
            confidence: Confidence::Seen,
            event_at: Millis(0),
            details: String::new(),
        }
    }

    #[test]
    fn what_moves_to_another_customer_is_neither_withdrawn_nor_raised() {
        use AlertStatus::{Raised, Withdrawn};
        let old = alert("third", "phone:P1", 3, Withdrawn);
        let other = alert("same", "phone:P1", 2, Withdrawn);
        let new = alert("third", "customer_id:C1", 3, Raised);
        let more = alert("same", "customer_id:C1", 4, Raised);
        let mut news = News {
            raised: vec![&more, &new],
            withdrawn: vec![&old, &other],
            ..News::default()
        };
        news.pair();
        assert_eq!(news.moved, [(&old, &new)]);
        assert_eq!((news.withdrawn, news.raised), (vec![&other], vec![&more]));
    }

    #[test]
    fn the_budget_grows_with_the_readers_time_and_no_further_than_two() {
        let mut budget = Budget {
            left: 2.0,
            at: Millis(0),
            alert_ms: 1_000.0,
        };
        let spent: Vec<bool> = [0, 0, 0, 900, 1_000, 1_000, 60_000, 60_000, 60_000]
            .into_iter()
            .map(|at| budget.spend(Millis(at)))
            .collect();
        assert_eq!(
            spent,
            [true, true, false, false, true, false, true, true, false]
        );
    }
}
