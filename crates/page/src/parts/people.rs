//! Who needs help now? Alerts to act on, and what can be done with them.

use super::{Shown, why};
use crate::charts::{Sign, channel_icon, sign};
use board::views::{ActKind, AlertItem, AlertKind, Standing};
use maud::{Markup, html};
use model::Channel;

const MINUTE_MS: i64 = 60_000;
/// Rows that are shown at first.
const ROWS: usize = 8;
/// What the URL says where all are shown.
const ALL: &str = "people";

/// The list of people to help.
#[must_use]
pub fn people(shown: Shown<'_>) -> Markup {
    let (texts, format, people) = (shown.texts(), shown.format, &shown.view.people);
    let now = shown.view.at.0;
    let rows = shown.rows_max(if shown.is_open(ALL) { usize::MAX } else { ROWS });
    let more = people.not_shown + people.rows.len().saturating_sub(rows) as u64;
    html! {
        section.card #people data-part="people" aria-labelledby="people-title" {
            header {
                h2 #people-title { (texts.people) }
                span.soft.small {
                    ((texts.open)(people.open, &format.whole(people.open)))
                    @if let Some(oldest) = people.oldest_at {
                        " · " (texts.oldest_waits) " " (age(shown, now, oldest.0))
                    }
                    @if people.taken > 0 { " · " ((texts.taken)(&format.whole(people.taken))) }
                }
                (why(format, &texts.explained.people, None))
                span.more { (shown.csv("alerts")) }
            }
            @if people.rows.is_empty() {
                p.empty {
                    strong { (texts.nobody) }
                    (texts.nobody_more)
                }
            } @else {
                ul.people { @for alert in people.rows.iter().take(rows) { (row(shown, alert)) } }
                @if more > 0 || shown.is_open(ALL) {
                    p.small { a href=(shown.toggled(ALL, "people")) data-inside aria-expanded=(shown.is_open(ALL).to_string()) {
                        @if shown.is_open(ALL) { (texts.fewer_rows) } @else { ((texts.more_rows)(&format.whole(more))) }
                    } }
                }
            }
            @if people.let_go > 0 { p.soft.small { ((texts.let_go)(&format.whole(people.let_go))) } }
        }
    }
}

/// How long ago, which ticks.
fn age(shown: Shown<'_>, now: i64, at: i64) -> Markup {
    let format = shown.format;
    html! {
        time.waits datetime=(format.machine_time(at)) data-since=(at) { (format.duration(now.saturating_sub(at))) }
    }
}

fn row(shown: Shown<'_>, alert: &AlertItem) -> Markup {
    let (texts, now) = (shown.texts(), shown.view.at.0);
    let is_open = alert.standing == Standing::Open;
    html! {
        li data-row class=[(!is_open).then_some("seen")] {
            div {
                a.what href=(story_href(shown, alert)) { (what(shown, alert)) }
                div.about {
                    (path(shown, alert))
                    @if let Some(reason) = alert.reasons.last() { bdi { (reason) } }
                    @if let Some(team) = &alert.team { bdi { (team) } }
                    @if let Some(tier) = &alert.tier { span { (texts.tier) " " bdi { (tier) } } }
                    @if let Some(cost) = alert.cost { span { (shown.format.amount_exact(cost)) } }
                }
                (standing(shown, alert))
            }
            div.number {
                @if let Some(words) = here(shown, alert) {
                    span.act { (sign(Sign::Look)) " " (words) }
                    br;
                }
                @if is_open { (texts.waits) " " }
                (age(shown, now, alert.at.0))
                (row_acts(shown, alert))
            }
        }
    }
}

/// Where the customer is at this moment, if he can be spoken to. Who waits for a mail is nowhere.
#[must_use]
pub fn here(shown: Shown<'_>, alert: &AlertItem) -> Option<&'static str> {
    let texts = shown.texts();
    match alert.channel.filter(|_| alert.is_going_on)? {
        Channel::Phone | Channel::Chat | Channel::Video => Some(texts.on_the_line),
        Channel::Web => Some(texts.on_the_site),
        Channel::Email => None,
    }
}

fn story_href(shown: Shown<'_>, alert: &AlertItem) -> String {
    let path = format!("/alerts/{}", crate::look::encoded(&alert.alert_id));
    shown.look.href_with(&path, |look| look.open = None)
}

/// What an alert says, in words.
#[must_use]
pub fn what(shown: Shown<'_>, alert: &AlertItem) -> Markup {
    let texts = shown.texts();
    let nth = alert
        .count
        .and_then(|count| u64::try_from(count).ok())
        .filter(|count| *count > 0);
    html! {
        @match (alert.kind, &alert.title) {
            (AlertKind::RepeatContact, _) => {
                @match nth {
                    Some(nth) => ((texts.nth_contact)(nth)),
                    None => bdi { (alert.name) },
                }
                @if let Some(gap) = alert.gap_ms {
                    ", "
                    @if gap < MINUTE_MS { (texts.right_after) } @else { ((texts.after_gap)(&shown.format.duration(gap))) }
                }
            }
            (AlertKind::SourceSilent, _) => ((texts.source_is_silent)(&alert.name)),
            (AlertKind::BrokenJourney | AlertKind::JourneyDegraded, Some(title)) => bdi { (texts.words(title)) },
            (AlertKind::BrokenJourney | AlertKind::JourneyDegraded, None) => bdi { (alert.name) },
        }
    }
}

/// The channels on the way.
fn path(shown: Shown<'_>, alert: &AlertItem) -> Markup {
    let texts = shown.texts();
    html! {
        span.path {
            @for (place, channel) in alert.channels.iter().take(8).enumerate() {
                @if place > 0 { span aria-hidden="true" { "›" } }
                (channel_icon(*channel)) span.hidden { (texts.channel(*channel)) " " }
            }
        }
    }
}

fn standing(shown: Shown<'_>, alert: &AlertItem) -> Markup {
    let texts = shown.texts();
    html! {
        @if alert.may_contact == Some(false) { span.tag { (texts.may_not_contact) } " " }
        @if alert.standing != Standing::Open {
            span.tag {
                (texts.standing(alert.standing))
                @if let Some(act) = &alert.act {
                    " · " bdi { (act.assignee.as_deref().unwrap_or(&act.by)) }
                }
            }
        }
    }
}

fn row_acts(shown: Shown<'_>, alert: &AlertItem) -> Markup {
    let texts = shown.texts();
    html! {
        div.acts {
            @if let Some(link) = &alert.link {
                a.button href=(link) rel="noreferrer" { (texts.open_contact) }
            }
            @if alert.standing == Standing::Open {
                (act_form(shown, alert, ActKind::Acknowledge, false))
            } @else {
                (act_form(shown, alert, ActKind::Close, false))
            }
        }
    }
}

/// All that can be done with an alert, on its own page.
#[must_use]
pub fn acts(shown: Shown<'_>, alert: &AlertItem) -> Markup {
    let kinds: &[ActKind] = match alert.standing {
        Standing::Open => &[ActKind::Acknowledge, ActKind::Assign, ActKind::Close],
        Standing::Acknowledged | Standing::Assigned => &[ActKind::Assign, ActKind::Close],
        Standing::Closed => &[ActKind::Reopen],
    };
    html! {
        div.acts {
            @if let Some(link) = &alert.link {
                a.button.first href=(link) rel="noreferrer" { (shown.texts().open_contact) }
            }
            @for kind in kinds { (act_form(shown, alert, *kind, true)) }
        }
    }
}

/// A form that does one thing. It works without a script; whoever may not act gets none.
fn act_form(shown: Shown<'_>, alert: &AlertItem, kind: ActKind, with_who: bool) -> Markup {
    let texts = shown.texts();
    let Some(token) = &shown.viewer.csrf_token else {
        return html! {};
    };
    let revision = alert.act.as_ref().map_or(0, |act| act.revision);
    let path = format!("/alerts/{}/acts", crate::look::encoded(&alert.alert_id));
    html! {
        form method="post" action=(shown.look.href(&path)) data-act {
            input type="hidden" name="csrf" value=(token);
            input type="hidden" name="kind" value=(act_name(kind));
            input type="hidden" name="revision" value=(revision);
            @if kind == ActKind::Assign && with_who {
                label { span.hidden { (texts.assign_to) } input type="text" name="assignee" required maxlength="100" placeholder=(texts.assign_to); }
            }
            button.button type="submit" { (texts.act(kind)) }
        }
    }
}

/// As in a form.
#[must_use]
pub fn act_name(kind: ActKind) -> &'static str {
    match kind {
        ActKind::Acknowledge => "acknowledge",
        ActKind::Assign => "assign",
        ActKind::Close => "close",
        ActKind::Reopen => "reopen",
    }
}
