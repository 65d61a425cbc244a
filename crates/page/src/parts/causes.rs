//! What causes it? Reasons, pages and teams, the most expensive first.

use super::{Shown, share, why};
use crate::charts::{bar, spark};
use board::views::{Basis, By, Cause, CauseRate, Sample};
use maud::{Markup, html};

/// The table of causes.
#[must_use]
pub fn causes(shown: Shown<'_>) -> Markup {
    let (texts, format, causes) = (shown.texts(), shown.format, &shown.view.causes);
    let explained = match causes.rate_is {
        CauseRate::Repeats => &texts.explained.avoidable_cost,
        CauseRate::Followed => &texts.explained.followed,
    };
    let rows = shown.rows_max(12);
    let more = causes.not_shown + causes.rows.len().saturating_sub(rows) as u64;
    let most = causes
        .rows
        .iter()
        .map(|row| row.cost.amount)
        .fold(0.0, f64::max);
    html! {
        section.card #causes data-part="causes" aria-labelledby="causes-title" {
            header {
                h2 #causes-title { (texts.causes) }
                span.soft.small { (texts.by_cost) }
                (why(format, explained, Some(&texts.reading_words(&shown.view.reading))))
                span.more {
                    (shown.csv("causes"))
                    span.tabs role="group" aria-label=(texts.ranked_by) {
                        @for by in By::ALL {
                            a href={(shown.look.href_with("/", |look| { look.filter.by = by; look.open = None; })) "#causes"}
                                aria-current=[(causes.by == by).then_some("true")] { (texts.by(by)) }
                        }
                    }
                }
            }
            @if causes.rows.is_empty() {
                p.empty { strong { (texts.no_causes) } (texts.no_causes_more) }
            } @else {
                table {
                    caption.hidden { (texts.causes) ", " (texts.by_cost) }
                    thead { tr {
                        th scope="col" { (texts.by(causes.by)) }
                        th.number scope="col" { (texts.cause_rate(causes.rate_is)) }
                        th.wide scope="col" { (texts.fortnight) }
                        th.number.wide scope="col" { (texts.contacts) }
                        th.number scope="col" { (texts.cost) }
                    } }
                    tbody {
                        @for row in causes.rows.iter().take(rows) { (cause(shown, row, most)) }
                    }
                }
                @if more > 0 { p.soft.small { ((texts.more_rows)(&format.whole(more))) } }
                (basis(shown, &causes.basis))
            }
        }
    }
}

fn cause(shown: Shown<'_>, row: &Cause, most: f64) -> Markup {
    let (texts, format, causes) = (shown.texts(), shown.format, &shown.view.causes);
    let key = format!("{}:{}", causes.by.name(), row.name);
    let is_open = shown.is_open(&key);
    let name = if row.is_other {
        texts.all_others.to_owned()
    } else if row.name.is_empty() {
        texts.unknown.to_owned()
    } else {
        row.name.clone()
    };
    let trend: Vec<Option<f64>> = row
        .trend
        .iter()
        .map(|point| point.rate.value.filter(|_| !point.rate.as_counts))
        .collect();
    html! {
        tr data-row {
            th.name scope="row" {
                a href=(shown.toggled(&key, "causes")) aria-expanded=(is_open.to_string()) data-inside { bdi { (name) } }
                @if let Some(caused) = row.caused {
                    span.soft.small { " " ((texts.caused)(caused, &format.whole(caused))) }
                }
            }
            td.number { (share(format, &row.rate)) }
            td.wide { (spark(&trend, &(texts.trend_of)(&name))) }
            td.number.wide { (format.whole(row.contacts)) }
            td.number.cost {
                (format.amount(row.cost.amount))
                @if row.cost.is_partial() { span.soft.small title=(texts.partial) { " +" span.hidden { (texts.partial) } } }
                (bar(if most > 0.0 { row.cost.amount / most } else { 0.0 }))
            }
        }
        @if is_open {
            tr.opened { td colspan="5" { (samples(shown, &row.samples)) } }
        }
    }
}

/// Contacts to listen to.
pub(super) fn samples(shown: Shown<'_>, samples: &[Sample]) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    html! {
        h3 { (texts.samples) }
        @if samples.is_empty() {
            p.soft { (texts.no_samples) }
        } @else {
            ul.samples {
                @for sample in samples { li {
                    (crate::charts::channel_icon(sample.channel)) span.hidden { (texts.channel(sample.channel)) }
                    " " span.soft { (format.date_words(sample.day.date())) } " "
                    @match &sample.link {
                        Some(link) => a href=(link) rel="noreferrer" { bdi { (sample.contact_id) } },
                        None => bdi { (sample.contact_id) },
                    }
                } }
            }
            p.soft.small { (texts.samples_are_fair) }
        }
    }
}

/// Where numbers come from, where that is not the table of figures.
pub(super) fn basis(shown: Shown<'_>, basis: &Basis) -> Markup {
    let texts = shown.texts();
    html! {
        @match basis {
            Basis::Figures => {}
            Basis::Contacts { since } => {
                p.soft.small { ((texts.from_contacts)(&shown.format.date_words(since.date()))) }
            }
            Basis::NotThere => { p.soft.small { (texts.no_figures) } }
        }
    }
}
