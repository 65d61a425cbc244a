//! How the board stands, above everything else: behind, not connected, nothing there yet.

use super::Shown;
use board::views::State;
use maud::{Markup, html};

/// What to know before any figure; nothing where all is well.
#[must_use]
pub fn notices(shown: Shown<'_>) -> Markup {
    let (texts, format, view) = (shown.texts(), shown.format, shown.view);
    let now = view.at.0;
    let silent: Vec<&board::views::SourceItem> = view
        .quality
        .sources
        .iter()
        .filter(|source| source.silent.is_some())
        .collect();
    let age = view
        .freshness
        .data_until
        .map(|until| format.duration(now.saturating_sub(until.0)));
    html! {
        div #notices aria-live="polite" {
            @match &view.freshness.state {
                State::Behind { records, .. } => {
                    div.notice {
                        strong { (texts.behind) } " "
                        ((texts.behind_records)(&format.whole(*records)))
                        @if let Some(until) = view.freshness.data_until {
                            " " ((texts.complete_until)(&format.when(until.0, now)))
                        }
                    }
                }
                State::Disconnected { since, .. } => {
                    div.notice {
                        strong { (texts.cluster_lost) } " "
                        ((texts.figures_of)(&format.when(since.0, now))) " " (texts.comes_back)
                    }
                }
                State::Ok => {
                    @if let (Some(age), Some(until)) = (age, view.freshness.data_until) {
                        @if now.saturating_sub(until.0) > OLD_MS {
                            div.notice {
                                strong { ((texts.figures_old)(&age)) }
                                @for source in &silent {
                                    @if let Some(silent) = &source.silent {
                                        " " ((texts.source_silent)(&source.source, &format.when(silent.since.0, now)))
                                    }
                                }
                            }
                        }
                    }
                }
                State::Waiting { .. } | State::Empty => {}
            }
        }
    }
}

/// From this age on the page says that its figures are old.
const OLD_MS: i64 = 2 * 60_000;

/// What is shown once the browser hears nothing from the server any more.
#[must_use]
pub fn lost(shown: Shown<'_>) -> Markup {
    let (texts, format, view) = (shown.texts(), shown.format, shown.view);
    html! {
        div.notice #lost role="status" {
            strong { (texts.server_lost) } " "
            ((texts.figures_of)(&format.clock(view.at.0))) " " (texts.comes_back)
        }
    }
}

/// The page before there is anything to show, if that is how it stands.
#[must_use]
pub fn empty(shown: Shown<'_>) -> Option<Markup> {
    let (texts, format, view) = (shown.texts(), shown.format, shown.view);
    let body = match &view.freshness.state {
        State::Empty => html! {
            p.empty { strong { (texts.nothing_yet) } (texts.nothing_yet_more) }
            p { (texts.try_the_demo) " " code { "ricochet demo" } }
            p { (texts.write_events) " " code { "ricochet run --config ricochet.toml" } }
        },
        State::Waiting { topics, why, since } => html! {
            p.empty {
                strong { (texts.waiting) }
                ((texts.waiting_since)(&format.when(since.0, view.at.0)))
            }
            @if topics.is_empty() {
                p { (texts.cluster_silent) }
            } @else {
                p { (texts.topics_missing) }
                ul { @for topic in topics.iter().take(12) { li { code { (topic) } } } }
                p { (texts.make_topics) " " code { "ricochet topics --config ricochet.toml init" } }
            }
            p.soft.small { bdi { (why) } }
        },
        State::Behind { records, .. } if view.now.contacts == 0 => html! {
            p.empty.loading {
                strong { (texts.reading_history) }
                ((texts.records_to_go)(&format.whole(*records)))
            }
            (bones())
        },
        State::Behind { .. } | State::Ok | State::Disconnected { .. } => return None,
    };
    Some(html! {
        section.card #now aria-labelledby="now-title" {
            header { h2 #now-title { (texts.now) } }
            (body)
        }
    })
}

/// The shape of what will be there.
fn bones() -> Markup {
    html! {
        svg.chart.loading aria-hidden="true" {
            rect.bone width="18%" height="44%" rx="6" {}
            rect.bone x="24%" width="76%" height="70%" rx="6" {}
            @for place in ["0%", "20%", "40%", "60%", "80%"] {
                rect.bone x=(place) y="82%" width="16%" height="18%" rx="6" {}
            }
        }
    }
}
