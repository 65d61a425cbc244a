//! §15.3: figures that look at contacts alone.

use super::{Counting, Name, millionths, number, text};

impl Counting<'_> {
    pub(super) fn count_volume(&mut self, at: usize) {
        let row = self.contacts[at].row;
        let names = |figure| self.hour_and_segments(at, &self.name(at, figure));
        let (contacts, identified, within) = (
            names("contacts"),
            names("identified"),
            names("answered_within"),
        );
        let (mails, waits, handles) = (
            names("mail_answered"),
            names("time_to_answer"),
            names("handle_time"),
        );
        let (costs, scores) = (names("cost"), names("satisfaction"));
        for name in contacts {
            self.sum(name).numerator += 1;
        }
        let is_known = self.contacts[at].is_known();
        self.share(identified, true, is_known.into());

        let outcome = text(row, "outcome");
        let is_inbound = text(row, "direction") == "inbound";
        let wait_ms = number(row, "wait_ms");
        let threshold = self.config().answer_within_ms(text(row, "channel"));
        let is_offered = is_inbound
            && text(row, "initiation") != "scheduled"
            && threshold.is_some()
            && (outcome != "handled" || wait_ms.is_some())
            && ["handled", "abandoned", "unanswered", "failed"].contains(&outcome);
        let is_early = wait_ms.is_some_and(|wait_ms| Some(wait_ms) <= threshold);
        let is_within = outcome == "handled" && is_early;
        self.share(within, is_offered, is_within.into());
        let is_mail = is_inbound
            && text(row, "channel") == "email"
            && ["handled", "unanswered"].contains(&outcome);
        self.share(mails, is_mail, (outcome == "handled").into());
        self.durations(
            waits,
            wait_ms.filter(|_| is_inbound && outcome == "handled"),
        );
        self.durations(handles, number(row, "handle_ms"));
        let cost = millionths(row, "cost");
        self.share(costs, cost.is_some(), cost.unwrap_or(0));
        let score = millionths(row, "satisfaction");
        self.share(scores, score.is_some(), score.unwrap_or(0));

        self.sample(at, "contacts", at);
        if is_offered && !is_within {
            self.sample(at, "answered_within", at);
        }
        if is_mail && outcome == "unanswered" {
            self.sample(at, "mail_answered", at);
        }
        if score.is_some() {
            self.sample(at, "satisfaction", at);
        }
    }

    /// Satisfaction by rank and by the origin's channel, unless a family says the same.
    pub(super) fn count_score_in_session(&mut self, at: usize) {
        let score = millionths(self.contacts[at].row, "satisfaction");
        let (Some(score), Some(_)) = (score, self.session_of(at)) else {
            return;
        };
        for key in ["rank", "origin_channel"] {
            let families = self.config().families.iter();
            if families.clone().any(|family| family.keys == [key]) {
                continue;
            }
            let name = Name {
                segment: Some(format!("{key}={}", self.value(at, key))),
                ..self.name(at, "satisfaction")
            };
            self.share(vec![name], true, score);
        }
    }
}
