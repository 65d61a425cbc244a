//! Which channel follows which.

use super::causes::basis;
use super::{Shown, share, why};
use crate::charts;
use maud::{Markup, html};

/// The picture, and the same as a table.
#[must_use]
pub fn flow(shown: Shown<'_>) -> Markup {
    let (texts, format, flow) = (shown.texts(), shown.format, &shown.view.flow);
    let reading = flow
        .reading
        .as_deref()
        .map(|reading| texts.reading_words(reading));
    let bands: Vec<_> = flow
        .bands
        .iter()
        .filter(|band| band.caused > 0)
        .take(8)
        .collect();
    let streams: Vec<_> = bands
        .iter()
        .map(|band| (band.from, band.to, band.caused))
        .collect();
    html! {
        section.card #flow data-part="flow" aria-labelledby="flow-title" {
            header {
                h2 #flow-title { (texts.then_what) }
                span.soft.small { (texts.then_what_more) }
                (why(format, &texts.explained.flow, reading.as_deref()))
                span.more { (shown.csv("flow")) }
            }
            @if bands.is_empty() {
                p.empty { strong { (texts.no_flow) } (texts.no_flow_more) }
            } @else {
                (charts::flow(&streams, texts.flow_says, |channel| texts.channel(channel), |count| format.whole(count)))
                details {
                    summary { (texts.as_table) }
                    table {
                        caption.hidden { (texts.then_what) }
                        thead { tr {
                            th scope="col" { (texts.from_to) }
                            th.number scope="col" { (texts.contacts) }
                            th.number scope="col" { (texts.followed) }
                            th.number scope="col" { (texts.cost) }
                        } }
                        tbody { @for band in &bands { tr {
                            th scope="row" { (texts.channel(band.from)) " → " (texts.channel(band.to)) }
                            td.number { (format.whole(band.caused)) }
                            td.number { (share(format, &band.followed)) }
                            td.number { (format.amount(band.cost.amount)) }
                        } } }
                    }
                    @if flow.others > 0 { p.soft.small { ((texts.other_pairs)(&format.whole(flow.others))) } }
                }
                (basis(shown, &flow.basis))
            }
        }
    }
}
