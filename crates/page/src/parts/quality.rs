//! Can I believe it? First in sentences, then in numbers for whoever wants them.

use super::{Shown, share, why};
use crate::charts::{Sign, sign};
use board::views::{Quality, SourceItem, Statement};
use maud::{Markup, html};

/// The part.
#[must_use]
pub fn quality(shown: Shown<'_>) -> Markup {
    let (texts, format, quality) = (shown.texts(), shown.format, &shown.view.quality);
    html! {
        section.card #data data-part="data" aria-labelledby="data-title" {
            header {
                h2 #data-title { (texts.data) }
                (why(format, &texts.explained.coverage, None))
                span.more { (shown.csv("sources")) }
            }
            ul.data {
                @for statement in &quality.statements {
                    li {
                        @if matches!(statement, Statement::AllSourcesTalk { .. }) { (sign(Sign::Well)) }
                        @else { span.act { (sign(Sign::Look)) } }
                        span { (says(shown, statement)) }
                    }
                }
            }
            (sources(shown, quality))
            (not_counted(shown, quality))
        }
    }
}

fn says(shown: Shown<'_>, statement: &Statement) -> String {
    let (texts, format) = (shown.texts(), shown.format);
    let now = shown.view.at.0;
    match statement {
        Statement::SourceSilent { source, since } => {
            (texts.source_silent)(source, &format.when(since.0, now))
        }
        Statement::Behind { records } => (texts.says_behind)(&format.whole(*records)),
        Statement::NoFigures => texts.says_no_figures.to_owned(),
        Statement::FewIdentified { channel, share: of } => {
            (texts.says_few_identified)(texts.channel(*channel), &share(format, of))
        }
        Statement::ReasonsUnknown { share: of } => (texts.says_reasons_unknown)(&share(format, of)),
        Statement::Rejected { records, reason } => {
            (texts.says_rejected)(&format.whole(*records), texts.word(reason))
        }
        Statement::CostsPartial { share: of } => (texts.says_costs_partial)(&share(format, of)),
        Statement::Kept { since } => (texts.says_kept)(&format.date_words(since.date())),
        Statement::AllSourcesTalk { sources } => {
            (texts.says_all_talk)(*sources, &format.whole(*sources))
        }
    }
}

fn sources(shown: Shown<'_>, quality: &Quality) -> Markup {
    let texts = shown.texts();
    html! {
        details {
            summary { (texts.sources) }
            @if quality.sources.is_empty() { p.soft { (texts.no_sources) } } @else {
                table {
                    caption.hidden { (texts.sources) }
                    thead { tr {
                        th scope="col" { (texts.source) }
                        th.wide scope="col" { (texts.channels) }
                        th.number scope="col" { (texts.identified) }
                        th.number scope="col" { (texts.last_contact) }
                    } }
                    tbody { @for source in &quality.sources { (source_row(shown, source)) } }
                }
            }
        }
    }
}

fn source_row(shown: Shown<'_>, source: &SourceItem) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    let channels: Vec<&str> = source
        .channels
        .iter()
        .map(|channel| texts.channel(*channel))
        .collect();
    let now = shown.view.at.0;
    html! {
        tr {
            th scope="row" { bdi { (source.source) } }
            td.wide { (channels.join(", ")) }
            td.number { (share(format, &source.coverage)) }
            td.number {
                @match (&source.silent, source.last_at) {
                    (Some(silent), _) => span.act { (sign(Sign::Look)) " " ((texts.silent_since)(&format.when(silent.since.0, now))) },
                    (None, Some(at)) => (format.when(at.0, now)),
                    (None, None) => "–",
                }
            }
        }
    }
}

fn not_counted(shown: Shown<'_>, quality: &Quality) -> Markup {
    let (texts, format) = (shown.texts(), shown.format);
    html! {
        details {
            summary { (texts.not_counted) }
            p { (texts.reasons_known) " " (share(format, &quality.reasons_known)) }
            table {
                caption.hidden { (texts.not_counted) }
                tbody {
                    @for one in &quality.not_counted { tr {
                        th scope="row" { (texts.word(&one.why)) }
                        td.number { (format.whole(one.contacts)) }
                    } }
                    @for one in &quality.dead_letters { tr {
                        th scope="row" { (texts.rejected) ": " (texts.word(&one.reason)) span.soft { " " bdi { (one.topic) } } }
                        td.number { (format.whole(one.records)) }
                    } }
                }
            }
            p.soft.small { ((texts.kept)(&format.whole(quality.limits.contacts.0), &format.whole(quality.limits.contacts.1))) }
        }
    }
}
