//! A story: a lane for each channel, contacts where and as long as they were. Time is to scale, but a gap of
//! more than a day is broken, else an hour's call would be no wider than a hair.

use super::{channel_icon, percent};
use maud::{Markup, html};
use model::Channel;

const DAY_MS: i64 = 86_400_000;
const LANE_HEIGHT: u32 = 34;
/// Where time begins, as a share of the width: the names of the lanes stand before it.
const FROM: f64 = 0.13;
const TO: f64 = 0.985;
/// How much of the room a broken gap takes, as a share of what is to scale.
const BREAK: f64 = 0.12;

/// A contact on its lane.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Its lane.
    pub channel: Channel,
    /// From, milliseconds.
    pub started_at: i64,
    /// To, milliseconds; not before `started_at`.
    pub ended_at: i64,
    /// It is the one to act on.
    pub act: bool,
    /// What is said where a pointer rests on it.
    pub says: String,
}

/// A mark on the axis: a place as a share of the time's width.
#[derive(Clone, Debug, PartialEq)]
struct Mark {
    share: f64,
    /// The gap that is broken here, milliseconds; else the start of a run at this instant.
    gap_ms: Option<i64>,
    at: i64,
}

/// Draws the lanes. `contacts` are in order of their start.
#[must_use]
pub fn lanes(
    contacts: &[Broken],
    says: &str,
    name: impl Fn(Channel) -> &'static str,
    time: impl Fn(i64) -> String,
    gap: impl Fn(i64) -> String,
) -> Markup {
    let used = |channel: &&Channel| contacts.iter().any(|contact| contact.channel == **channel);
    let channels: Vec<Channel> = Channel::ALL.iter().filter(used).copied().collect();
    if channels.is_empty() {
        return html! {};
    }
    let (places, marks) = laid(contacts);
    let x = |share: f64| percent(FROM + share * (TO - FROM));
    let lanes = u32::try_from(channels.len()).unwrap_or(0);
    let height = lanes * LANE_HEIGHT + 44;
    let bottom = lanes * LANE_HEIGHT + 6;
    let y = |channel: Channel| {
        let lane = channels.iter().position(|one| *one == channel).unwrap_or(0);
        u32::try_from(lane).unwrap_or(0) * LANE_HEIGHT + LANE_HEIGHT / 2 + 4
    };
    html! {
        svg class="lanes" height=(height) role="img" aria-label=(says) {
            @for channel in &channels {
                line class="lane" x1=(x(0.0)) x2=(x(1.0)) y1=(y(*channel)) y2=(y(*channel)) {}
                svg x="0" y=(y(*channel) - 9) width="18" height="18" { (channel_icon(*channel)) }
                text class="name" x="26" y=(y(*channel) + 5) { (name(*channel)) }
            }
            @for mark in &marks {
                @if let Some(gap_ms) = mark.gap_ms {
                    line class="break" x1=(x(mark.share)) x2=(x(mark.share)) y1="0" y2=(bottom) {}
                    text x=(x(mark.share)) y=(bottom + 32) text-anchor="middle" { (gap(gap_ms)) }
                } @else {
                    text x=(x(mark.share)) y=(bottom + 14) text-anchor=(if mark.share > 0.85 { "end" } else { "start" }) { (time(mark.at)) }
                }
            }
            @for (contact, (from, to)) in contacts.iter().zip(&places) {
                rect class={"contact" (if contact.act { " act" } else { "" })} x=(x(*from)) y=(y(contact.channel) - 8)
                    width=(percent(((to - from) * (TO - FROM)).max(0.009))) height="16" rx="4" {
                    title { (contact.says) }
                }
            }
        }
    }
}

/// Where each contact starts and ends, and the marks of the axis.
fn laid(contacts: &[Broken]) -> (Vec<(f64, f64)>, Vec<Mark>) {
    let Some(first) = contacts.first() else {
        return (Vec::new(), Vec::new());
    };
    // Runs of contacts without a gap of more than a day.
    let mut runs: Vec<(i64, i64)> = vec![(first.started_at, first.started_at)];
    for contact in contacts {
        let end = contact.ended_at.max(contact.started_at);
        let last = runs.len() - 1;
        if contact.started_at - runs[last].1 > DAY_MS {
            runs.push((contact.started_at, end));
        } else {
            runs[last].1 = runs[last].1.max(end);
        }
    }
    let to_scale: i64 = runs.iter().map(|(from, to)| to - from).sum();
    // A story of single instants has no length: each run then takes a minute.
    let to_scale = (to_scale as f64).max(60_000.0);
    let gap = to_scale * BREAK;
    let whole = to_scale + gap * (runs.len() - 1) as f64;
    let (mut offset, mut starts, mut marks) = (0.0, Vec::new(), Vec::new());
    for (index, (from, to)) in runs.iter().enumerate() {
        if index > 0 {
            let gap_ms = Some(from - runs[index - 1].1);
            marks.push(Mark {
                share: (offset + gap / 2.0) / whole,
                gap_ms,
                at: *from,
            });
            offset += gap;
        }
        marks.push(Mark {
            share: offset / whole,
            gap_ms: None,
            at: *from,
        });
        starts.push((*from, *to, offset));
        offset += (to - from) as f64;
    }
    let place = |at: i64| {
        let run = starts
            .iter()
            .rev()
            .find(|(from, _, _)| *from <= at)
            .or(starts.first());
        run.map_or(0.0, |(from, to, offset)| {
            (offset + (at.min(*to) - from) as f64) / whole
        })
    };
    let places = contacts.iter().map(|contact| {
        let from = place(contact.started_at);
        (
            from,
            place(contact.ended_at.max(contact.started_at)).max(from),
        )
    });
    (places.collect(), marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn contact(from: i64, to: i64) -> Broken {
        Broken {
            channel: Channel::Phone,
            started_at: from * HOUR,
            ended_at: to * HOUR,
            act: false,
            says: String::new(),
        }
    }

    #[test]
    fn a_day_is_to_scale_and_what_is_longer_is_broken() {
        let (places, marks) = laid(&[contact(0, 1), contact(9, 10), contact(100, 101)]);
        // Eleven hours to scale, and one gap of an eighth of that.
        let whole = 11.0 * (1.0 + BREAK);
        let expected = [
            (0.0, 1.0),
            (9.0, 10.0),
            (10.0 + 11.0 * BREAK, 11.0 + 11.0 * BREAK),
        ];
        for (place, expected) in places.iter().zip(expected) {
            assert!((place.0 * whole - expected.0).abs() < 1e-9, "{places:?}");
            assert!((place.1 * whole - expected.1).abs() < 1e-9, "{places:?}");
        }
        assert_eq!(marks.len(), 3);
        assert_eq!(marks[1].gap_ms, Some(90 * HOUR));
    }

    #[test]
    fn single_instants_and_contacts_that_end_before_they_start_have_a_place() {
        for contacts in [vec![contact(5, 5)], vec![contact(5, 1), contact(90, 90)]] {
            let (places, _) = laid(&contacts);
            assert!(
                places
                    .iter()
                    .all(|(from, to)| (0.0..=1.0).contains(from) && to >= from)
            );
        }
    }
}
