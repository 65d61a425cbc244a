//! An alert with its story: what the customer went through, lane by lane, then contact by contact.

use super::layout::layout;
use crate::charts::{Broken, Sign, channel_icon, lanes, sign};
use crate::parts::{self, Shown};
use board::views::{AlertDetail, SessionItem, StoryContact};
use maud::{Markup, html};

/// What the page is made of. `parts::Shown` asks for a view: of it only time, zone and tenant are read.
#[derive(Clone, Copy, Debug)]
pub struct Story<'a> {
    /// How and for whom.
    pub shown: Shown<'a>,
    /// The alert; nothing: it is not there any more.
    pub detail: Option<&'a AlertDetail>,
    /// Told above everything: what became of the last act.
    pub told: Option<&'a str>,
}

/// The page. `path` is its own, for links to itself in other looks.
#[must_use]
pub fn story(story: Story<'_>, path: &str) -> Markup {
    let Story {
        shown,
        detail,
        told,
    } = story;
    let texts = shown.texts();
    let back = shown.look.href_with("/", |look| look.open = None);
    let body = html! {
        (parts::head(shown, false, path))
        (parts::lost(shown))
        main.story #content {
            p { a data-back href={(back) "#people"} { "← " (texts.back) } }
            @if let Some(told) = told { div.notice role="status" { (told) } }
            @match detail {
                Some(detail) => {
                    (alert(shown, detail))
                    (happened(shown, detail))
                    (done(shown, detail))
                }
                None => section.card { p.empty { strong { (texts.story_gone) } (texts.story_gone_more) } },
            }
        }
        (parts::foot(shown))
    };
    layout(shown.look, texts.story, detail.is_some(), body)
}

fn alert(shown: Shown<'_>, detail: &AlertDetail) -> Markup {
    let (texts, format, alert) = (shown.texts(), shown.format, &detail.alert);
    let now = shown.view.at.0;
    html! {
        section.card #alert data-part="alert" aria-labelledby="alert-title" {
            h1.title #alert-title { (parts::what(shown, alert)) }
            @if alert.status == "withdrawn" { p { span.act { (sign(Sign::Look)) " " (texts.withdrawn) } } }
            p.about {
                span { (format.when(alert.at.0, now)) }
                span.tag { (texts.standing(alert.standing)) }
                @if let Some(reason) = alert.reasons.last() { span { (texts.reason) " " strong { bdi { (reason) } } } }
                @if let Some(tier) = &alert.tier { span { (texts.tier) " " strong { bdi { (tier) } } } }
                @if let Some(team) = &alert.team { span { (texts.team) " " strong { bdi { (team) } } } }
                @if let Some(confidence) = &alert.confidence { span { (texts.confidence) " " strong { (texts.word(confidence)) } } }
                @if alert.may_contact == Some(false) { span.act { (sign(Sign::Look)) " " (texts.may_not_contact) } }
                @if let Some(words) = parts::here(shown, alert) { span.act { (sign(Sign::Look)) " " (words) } }
            }
            @if let Some(session) = &detail.session { (session_line(shown, session)) }
            (parts::acts(shown, alert))
        }
    }
}

fn session_line(shown: Shown<'_>, session: &SessionItem) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    html! {
        p.about {
            span { (texts.of_session) " " strong { ((texts.contacts_many)(session.contacts, &format.whole(session.contacts))) } }
            span { strong { ((texts.repeats)(session.repeats, &format.whole(session.repeats))) } }
            @if let Some(cost) = session.cost { span { (texts.total_cost) " " strong { (format.amount_exact(cost)) } } }
            @if let Some(cost) = session.avoidable_cost { span { (texts.of_which_avoidable) " " strong { (format.amount_exact(cost)) } } }
        }
    }
}

fn happened(shown: Shown<'_>, detail: &AlertDetail) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let now = shown.view.at.0;
    let drawn: Vec<Broken> = detail
        .contacts
        .iter()
        .map(|contact| Broken {
            channel: contact.channel,
            started_at: contact.started_at.0,
            ended_at: contact.ended_at.0.max(contact.started_at.0),
            act: contact.is_alerts,
            says: format!(
                "{} · {} · {}",
                texts.channel(contact.channel),
                format.when(contact.started_at.0, now),
                format.duration(contact.ended_at.0.saturating_sub(contact.started_at.0))
            ),
        })
        .collect();
    let count = format.whole(detail.contacts.len() as u64);
    html! {
        section.card #story data-part="story" aria-labelledby="story-title" {
            header { h2 #story-title { (texts.story) } }
            @if detail.contacts.is_empty() {
                p.soft { (texts.no_contacts) }
            } @else {
                (lanes(&drawn, &(texts.story_says)(&count), |channel| texts.channel(channel),
                    |at| format.date_clock(at), |gap| format.duration(gap)))
                @if detail.is_cut { p.soft.small { (texts.story_is_cut) } }
                ol.told {
                    @for (place, contact) in detail.contacts.iter().enumerate() {
                        @if place > 0 { (gap(shown, &detail.contacts[..place], contact)) }
                        (told(shown, contact))
                    }
                }
            }
        }
    }
}

/// How long nothing happened before a contact.
fn gap(shown: Shown<'_>, before: &[StoryContact], contact: &StoryContact) -> Markup {
    let end = before
        .iter()
        .map(|one| one.ended_at.0)
        .max()
        .unwrap_or(contact.started_at.0);
    let gap_ms = contact.started_at.0.saturating_sub(end);
    html! {
        @if gap_ms >= 60_000 {
            li.gap { ((shown.texts().later)(&shown.format.duration(gap_ms))) }
        }
    }
}

fn told(shown: Shown<'_>, contact: &StoryContact) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let now = shown.view.at.0;
    let medium = contact
        .medium
        .as_deref()
        .filter(|medium| *medium != contact.channel.name());
    html! {
        li class=[contact.is_alerts.then_some("act-here")] {
            p {
                (channel_icon(contact.channel)) " " strong { (texts.channel(contact.channel)) }
                @if let Some(medium) = medium { " (" bdi { (medium) } ")" }
                @if contact.direction == "outbound" { " " span.tag { (texts.word("outbound")) } }
                " · " time datetime=(format.machine_time(contact.started_at.0)) { (format.when(contact.started_at.0, now)) }
                @if let Some(class) = &contact.class { " " span.tag { (texts.word(class)) } }
                @if contact.is_alerts { " " span.act { (sign(Sign::Above)) " " (texts.this_contact) } }
                @if contact.is_going_on { " " span.act { (sign(Sign::Look)) " " (texts.going_on) } }
            }
            (about(shown, contact))
            @if let Some(link) = &contact.link {
                p.small { a href=(link) rel="noreferrer" { (texts.open_contact) " " bdi { (contact.contact_id) } } }
            } @else {
                p.small.soft { bdi { (contact.contact_id) } " · " bdi { (contact.source) } }
            }
        }
    }
}

/// What is known of a contact, as pairs; what is not known is left out.
fn about(shown: Shown<'_>, contact: &StoryContact) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let duration = |name: &'static str, ms: Option<i64>| ms.map(|ms| (name, format.duration(ms)));
    let word = |name: &'static str, word: &Option<String>| {
        word.as_deref()
            .map(|word| (name, texts.word(word).to_owned()))
    };
    let lasted = contact.ended_at.0.saturating_sub(contact.started_at.0);
    let who: Vec<&str> = [&contact.agent, &contact.team]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let pairs = [
        word(texts.outcome, &contact.outcome),
        duration(texts.lasted, (lasted >= 1_000).then_some(lasted)),
        duration(texts.waited, contact.wait_ms),
        duration(texts.handled, contact.handle_ms),
        (!who.is_empty()).then(|| (texts.answered_by, who.join(", "))),
        contact.page.clone().map(|page| (texts.page, page)),
        word(texts.did, &contact.disposition),
        contact
            .cost
            .map(|cost| (texts.cost, format.amount_exact(cost))),
        word(texts.decided, &contact.verdict),
        word(texts.changed, &contact.changed_because),
    ];
    html! {
        dl {
            @if let Some(reason) = &contact.reason {
                div {
                    dt { (texts.reason) }
                    dd { strong { bdi { (reason) } } @if let Some(from) = &contact.reason_source { span.soft { " (" (texts.word(from)) ")" } } }
                }
            }
            @for (name, value) in pairs.into_iter().flatten() {
                div { dt { (name) } dd { bdi { (value) } } }
            }
            @if let Some(why) = &contact.not_counted_because {
                div { dt { (texts.not_counted_because) } dd { (texts.word(why)) } }
            }
        }
    }
}

fn done(shown: Shown<'_>, detail: &AlertDetail) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let now = shown.view.at.0;
    html! {
        @if !detail.acts.is_empty() {
            section.card #history data-part="history" aria-labelledby="history-title" {
                header { h2 #history-title { (texts.history) } }
                ul {
                    @for act in &detail.acts { li {
                        span.soft { (format.when(act.at.0, now)) } " "
                        bdi { ((texts.act_by)(texts.act_done(act.kind), &act.by)) }
                        @if let Some(to) = &act.assignee { " " bdi { ((texts.act_to)(to)) } }
                    } }
                }
            }
        }
    }
}
