//! What is told: the alert, its revisions and its end, and whether a segment is watched at all.

use model::{AlertStatus, Millis, Place, Text};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::ages::Ages;
use crate::baseline::{BREAKS_MIN, DAYS_MIN};
use crate::breaks::Toll;
use crate::sequential::Alarm;
use crate::settings::{MINUTE_MS, Settings};
use crate::state::State;

/// Breaks expected in an hour below which a segment is shown as one with not enough traffic.
pub const EXPECTED_PER_HOUR_MIN: f64 = 20.0;
/// An alert that goes on is told again after so many minutes.
const TOLD_AGAIN_MINUTES: i64 = 60;

/// What the monitor tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// The alert, or what has become of it.
    Alert(JourneyDegraded),
    /// Whether the segment is watched has changed; told at most once an hour.
    Standing {
        /// What is watched.
        place: Place,
        /// From when on.
        at: Millis,
        /// How it stands.
        standing: Standing,
    },
}

/// Why there are more breaks told than before, or fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// It was raised.
    Raised,
    /// It goes on: told again every hour.
    GoesOn,
    /// Something came late, and it began earlier or later than was said.
    Corrected,
    /// Breaks are as expected again.
    Over,
    /// It lasted for seven days: the baseline is learned anew, from what is normal now.
    NewNormal,
    /// Something came late, and without it there were not enough breaks.
    Undone,
}

impl Cause {
    /// The word in the column `cause`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Cause::Raised => "",
            Cause::GoesOn => "goes_on",
            Cause::Corrected => "corrected",
            Cause::Over => "over",
            Cause::NewNormal => "new_normal",
            Cause::Undone => "undone",
        }
    }
}

/// A `JourneyDegraded` alert: more entries of a rule break than should.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JourneyDegraded {
    /// 32 hex digits, the same for all revisions.
    pub alert_id: Text,
    /// The rule and the segment.
    pub place: Place,
    /// The one part of the segment that most of the breaks are in and that breaks more often than
    /// the rest, such as an app's version: `name=value` pairs with commas between. Empty: it is the
    /// whole segment.
    pub within: Text,
    /// Raised, revised or withdrawn.
    pub status: AlertStatus,
    /// From 1.
    pub revision: u32,
    /// What made this revision.
    pub cause: Cause,
    /// Since when there are more breaks, as far as can be said.
    pub since: Millis,
    /// When that was certain: the `event_at` of the alert.
    pub raised_at: Millis,
    /// Since when it is over.
    pub over_since: Option<Millis>,
    /// Breaks since then.
    pub breaks: u32,
    /// Breaks that were expected since then.
    pub expected: f64,
    /// Customers since then, and what it has cost.
    pub toll: Toll,
}

/// Whether a segment is watched.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Standing {
    /// "Not enough traffic": the baseline is not known yet.
    Learning {
        /// Days that were learned from, of 14 that are needed.
        days: u32,
        /// Breaks of these, of 200 that are needed.
        breaks: u32,
    },
    /// Holidays are neither judged nor learned from.
    Holiday,
    /// "Not enough traffic": it is judged, but a doubling would take longer than an hour to find.
    TooQuiet {
        /// Breaks expected in the last hour, of 20 that are needed.
        expected_per_hour: u32,
    },
    /// It is watched, and as it should be.
    Watched,
    /// An alert stands.
    Degraded,
}

impl Standing {
    /// In words, with what is missing.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Standing::Learning { days, breaks } => format!(
                "not enough traffic: {days} of {DAYS_MIN} days and {breaks} of {BREAKS_MIN} \
                 breaks learned"
            ),
            Standing::Holiday => "not judged: a holiday".to_owned(),
            Standing::TooQuiet { expected_per_hour } => format!(
                "not enough traffic: {expected_per_hour} of {EXPECTED_PER_HOUR_MIN} breaks \
                 expected in the last hour"
            ),
            Standing::Watched => "as expected".to_owned(),
            Standing::Degraded => "degraded".to_owned(),
        }
    }
}

/// The alert that was told last and stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The minute that its id is made of.
    id_minute: i64,
    revision: u32,
    since: i64,
    /// The minute before which it was told last.
    at: i64,
    breaks: u32,
    expected: f64,
}

/// What a segment is judged by.
#[derive(Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) ages: &'a Ages,
}

fn millis(minute: i64) -> Millis {
    Millis(minute.saturating_mul(MINUTE_MS))
}

fn alert_id(settings: &Settings, place: &Place, id_minute: i64) -> Text {
    let Place {
        rule,
        version,
        segment,
    } = place;
    let tenant = &settings.tenant;
    let raised_at = millis(id_minute + 1).0;
    let text = format!("{tenant}\nJourneyDegraded\n{rule}\n{version}\n{segment}\n{raised_at}");
    format!("{:032x}", xxh3_128(text.as_bytes())).into()
}

impl State {
    /// Tells what the test says by now, if it was not told yet.
    pub(crate) fn tell(
        &mut self,
        by: By<'_>,
        place: impl Fn() -> Place,
        is_corrected: bool,
        out: &mut Vec<Output>,
    ) {
        let Some(next) = self.next else { return };
        let alarm = self.test.alarm;
        match (self.told, alarm) {
            (None, None) => {}
            (None, Some(alarm)) => {
                let told = Told {
                    id_minute: alarm.raised,
                    revision: 0,
                    since: alarm.since,
                    at: next,
                    breaks: 0,
                    expected: 0.0,
                };
                self.say(by, place(), told, Some(alarm), Cause::Raised, out);
            }
            (Some(told), Some(alarm)) => {
                let has_moved = is_corrected && told.since != alarm.since;
                if has_moved || next - told.at >= TOLD_AGAIN_MINUTES {
                    let cause = match has_moved {
                        true => Cause::Corrected,
                        false => Cause::GoesOn,
                    };
                    self.say(by, place(), told, Some(alarm), cause, out);
                }
            }
            (Some(told), None) => self.close(by, place(), told, out),
        }
        if next.rem_euclid(60) == 0
            || alarm.is_some() != (self.standing == Some(Standing::Degraded))
        {
            self.tell_standing(by.settings, place, out);
        }
    }

    /// An alert that was told no longer stands: it is over, or should not have been told.
    fn close(&mut self, by: By<'_>, place: Place, told: Told, out: &mut Vec<Output>) {
        let ended = self
            .test
            .ended
            .filter(|ended| ended.over >= Some(told.since));
        let cause = match ended {
            None => Cause::Undone,
            Some(ended) if ended.is_new_normal => Cause::NewNormal,
            Some(_) => Cause::Over,
        };
        self.say(by, place, told, ended, cause, out);
        self.told = None;
        if cause == Cause::NewNormal {
            self.baseline.forget();
        }
    }

    fn say(
        &mut self,
        by: By<'_>,
        place: Place,
        told: Told,
        alarm: Option<Alarm>,
        cause: Cause,
        out: &mut Vec<Output>,
    ) {
        let next = self.next.unwrap_or(told.at);
        let over = alarm.and_then(|alarm| alarm.over);
        let told = Told {
            revision: told.revision + 1,
            at: next,
            since: alarm.map_or(told.since, |alarm| alarm.since),
            breaks: alarm.map_or(told.breaks, |alarm| alarm.breaks),
            expected: alarm.map_or(told.expected, |alarm| alarm.expected),
            ..told
        };
        self.told = Some(told);
        out.push(Output::Alert(JourneyDegraded {
            alert_id: alert_id(by.settings, &place, told.id_minute),
            place,
            status: match cause {
                Cause::Raised => AlertStatus::Raised,
                Cause::GoesOn | Cause::Corrected | Cause::Over | Cause::NewNormal => {
                    AlertStatus::Revised
                }
                Cause::Undone => AlertStatus::Withdrawn,
            },
            revision: told.revision,
            cause,
            since: millis(told.since),
            raised_at: millis(told.id_minute + 1),
            over_since: over.map(millis),
            breaks: told.breaks,
            expected: told.expected,
            within: self.part_since(by.ages, told.since, next),
            toll: self.breaks.toll(told.since, next),
        }));
    }

    fn part_since(&self, ages: &Ages, since: i64, next: i64) -> Text {
        let breaks = self.breaks.of_parts(since, next);
        let hazards = self.baseline.recents.back();
        let hazards = hazards.map_or(&[][..], |recent| &recent.hazards);
        let up_to = |age| ages.expected(hazards, age);
        let expected = |entered| up_to(next - entered) - up_to(since - entered);
        let named = self.parts.named(since, &breaks, expected);
        named.cloned().unwrap_or_default()
    }

    fn tell_standing(
        &mut self,
        settings: &Settings,
        place: impl Fn() -> Place,
        out: &mut Vec<Output>,
    ) {
        let Some(next) = self.next else { return };
        let standing = self.standing_now(settings);
        if self.standing != Some(standing) {
            self.standing = Some(standing);
            out.push(Output::Standing {
                place: place(),
                at: millis(next),
                standing,
            });
        }
    }

    fn standing_now(&self, settings: &Settings) -> Standing {
        let minute = self.next.unwrap_or_default() - 1;
        let known = self.known();
        let expected = self.expected_last_hour();
        if self.test.alarm.is_some() {
            Standing::Degraded
        } else if settings.is_holiday(settings.local_hour(minute).day) {
            Standing::Holiday
        } else if !known.is_enough() {
            let (days, breaks) = (known.days, known.breaks);
            Standing::Learning { days, breaks }
        } else if expected < EXPECTED_PER_HOUR_MIN {
            Standing::TooQuiet {
                expected_per_hour: expected as u32,
            }
        } else {
            Standing::Watched
        }
    }
}
