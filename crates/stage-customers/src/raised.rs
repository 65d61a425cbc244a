//! What is raised, revised and withdrawn: alerts, and broken journeys. Both live the same way.

use crate::Output;
use model::{Alert, AlertStatus, Journey, Text};
use std::collections::BTreeMap;

/// Something that is raised under an id.
pub(crate) trait Raised: Clone + PartialEq {
    /// The same whenever the same thing is raised.
    fn id(&self) -> &Text;
    /// Where it stands.
    fn status(&self) -> AlertStatus;
    /// How it came to stand there.
    fn way(&mut self) -> Way<'_>;
    /// It is told, and the status in which it was told before.
    fn told(self, former: Option<AlertStatus>) -> Output;
    /// Nothing is to be left of it.
    fn gone(self) -> Output;
}

/// What of something raised changes with every word on it.
pub(crate) struct Way<'a> {
    revision: &'a mut u32,
    cause: &'a mut Text,
    status: &'a mut AlertStatus,
}

impl Way<'_> {
    fn go_on(self, cause: &Text, status: AlertStatus) {
        *self.revision += 1;
        self.cause.clone_from(cause);
        *self.status = status;
    }
}

impl Raised for Alert {
    fn id(&self) -> &Text {
        &self.alert_id
    }

    fn status(&self) -> AlertStatus {
        self.status
    }

    fn way(&mut self) -> Way<'_> {
        Way {
            revision: &mut self.revision,
            cause: &mut self.cause,
            status: &mut self.status,
        }
    }

    fn told(self, former: Option<AlertStatus>) -> Output {
        Output::Alert(Box::new(self), former)
    }

    fn gone(self) -> Output {
        Output::AlertGone {
            key: self.customer.clone(),
            alert: Box::new(self),
        }
    }
}

impl Raised for Journey {
    fn id(&self) -> &Text {
        &self.entry_id
    }

    fn status(&self) -> AlertStatus {
        self.status
    }

    fn way(&mut self) -> Way<'_> {
        Way {
            revision: &mut self.revision,
            cause: &mut self.cause,
            status: &mut self.status,
        }
    }

    fn told(self, former: Option<AlertStatus>) -> Output {
        Output::Journey(Box::new(self), former)
    }

    fn gone(self) -> Output {
        Output::JourneyGone {
            key: self.customer.clone(),
            journey: Box::new(self),
        }
    }
}

/// What becomes of something that was told and is not raised now.
pub(crate) enum Fate {
    /// What it speaks of was erased, and it goes with that.
    Erased,
    /// The policy or rule is not in the configuration any more: it is left alone.
    Left,
    /// It does not hold any more.
    Withdrawn,
}

/// Tells what is raised now, against what was told of it.
pub(crate) fn tell<R: Raised>(
    told: &mut BTreeMap<Text, R>,
    raised: Vec<R>,
    cause: &Text,
    fate: impl Fn(&R) -> Fate,
    out: &mut Vec<Output>,
) {
    let mut formers = std::mem::take(told);
    for mut one in raised {
        match formers.remove(one.id()) {
            None => out.push(one.clone().told(None)),
            Some(mut former) => {
                let status = former.status();
                let (way, former_way) = (one.way(), former.way());
                *way.revision = *former_way.revision;
                way.cause.clone_from(former_way.cause);
                *way.status = status;
                // One that was withdrawn stands again, even if it says what it said before.
                if one != former || status == AlertStatus::Withdrawn {
                    one.way().go_on(cause, AlertStatus::Revised);
                    out.push(one.clone().told(Some(status)));
                }
            }
        }
        told.insert(one.id().clone(), one);
    }
    for (id, mut former) in formers {
        match fate(&former) {
            Fate::Erased => {
                out.push(former.gone());
                continue;
            }
            Fate::Withdrawn if former.status() != AlertStatus::Withdrawn => {
                let status = former.status();
                former.way().go_on(cause, AlertStatus::Withdrawn);
                out.push(former.clone().told(Some(status)));
            }
            Fate::Withdrawn | Fate::Left => {}
        }
        told.insert(id, former);
    }
}

/// Leaves nothing of those that were withdrawn and speak of what was erased.
pub(crate) fn clear<R: Raised>(
    told: &mut BTreeMap<Text, R>,
    is_of_it: impl Fn(&R) -> bool,
    out: &mut Vec<Output>,
) {
    let is_left = |one: &R| one.status() == AlertStatus::Withdrawn && is_of_it(one);
    out.extend(
        told.extract_if(.., |_, one| is_left(one))
            .map(|(_, one)| one.gone()),
    );
}
