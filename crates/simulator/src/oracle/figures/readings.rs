//! §15.3: figures of a reading, forward and backward.

use super::super::config::Reading;
use super::super::tables::Row;
use super::{Counting, Name, is_true, number, text};
use serde_json::json;

impl Counting<'_> {
    pub(super) fn count_reading(&mut self, nth: usize, reading: &Reading) {
        let of = reading.name();
        let is_headline = self.headline().is_some_and(|(place, _)| place == nth);
        for at in 0..self.contacts.len() {
            let one = &self.contacts[at];
            let Some(verdict) = one.verdicts.get(&of).copied() else {
                continue;
            };
            if !one.is_known() {
                continue;
            }
            let names = |figure| {
                let name = Name {
                    reading: Some(nth),
                    ..self.name(at, figure)
                };
                if is_headline {
                    self.hour_and_segments(at, &name)
                } else {
                    vec![name]
                }
            };
            let all = [
                "repeat_rate",
                "retry_rate",
                "fir",
                "fcr",
                "lost_rate",
                "one_and_done",
                "handle_time_origins",
                "handle_time_repeats",
            ];
            let [
                repeats,
                retries,
                fir,
                fcr,
                lost,
                alone,
                origins_ms,
                repeats_ms,
            ] = all.map(names);
            let (class, said) = (text(verdict, "class"), text(verdict, "verdict"));
            let is_follower = is_true(one.row, "follower") && one.takes_part(&of);
            let is_origin = is_true(verdict, "origin");
            let is_matured = one.is_matured(&of, self.world.end_of_time);
            let is_abandoned = text(one.row, "prior_role") == "abandoned" && one.is_judged(&of);
            let is_in = one.takes_part(&of);
            let handle_ms = number(one.row, "handle_ms");
            self.share(repeats, is_follower, (class == "repeat").into());
            self.share(retries, is_follower, (class == "retry").into());
            let mut censored = |names: Vec<Name>, is_in: bool, part: bool| {
                for name in names.into_iter().filter(|_| is_in) {
                    let sum = self.sum(name);
                    sum.is_waiting |= !is_matured;
                    *sum.denominator.get_or_insert(0) += i128::from(is_matured);
                    sum.numerator += i128::from(is_matured && part);
                }
            };
            censored(fir, is_origin, said == "resolved");
            let is_phone = reading.scope.name == "phone";
            censored(fcr, is_origin && is_phone, said == "resolved");
            censored(lost, is_abandoned, said == "lost");
            if !is_headline {
                continue;
            }
            self.durations(origins_ms, handle_ms.filter(|_| is_origin));
            self.durations(repeats_ms, handle_ms.filter(|_| class == "repeat"));
            let lone = self.lone_session(at);
            let (is_lone, is_open) = (
                lone.is_some(),
                lone.is_some_and(|session| !is_true(session, "complete")),
            );
            for name in alone.iter().filter(|_| is_in) {
                self.sum(name.clone()).is_waiting |= is_open;
            }
            self.share(alone, is_in, is_lone.into());
            let came_back = is_origin && is_matured && said != "resolved";
            for (figure, is_one) in [
                ("repeat_rate", class == "repeat"),
                ("retry_rate", class == "retry"),
                ("fir", came_back),
                ("lost_rate", said == "lost"),
            ] {
                if is_one {
                    self.sample(at, figure, at);
                }
            }
        }
    }

    /// The session that a contact is alone in.
    pub(super) fn lone_session(&self, at: usize) -> Option<&Row> {
        let (_, headline) = self.headline()?;
        let one = &self.contacts[at];
        if number(one.verdicts.get(&headline)?, "rank") != Some(1) {
            return None;
        }
        let is_own = |session: &&Row| {
            text(session, "customer") == one.customer()
                && text(session, "session_id") == text(one.row, "contact_id")
                && text(session, "started_at") == text(one.row, "started_at")
                && session["channels"][0] == json!(one.channel())
        };
        let own: Vec<&Row> = self.sessions.iter().filter(is_own).collect();
        let is_lone = |session: &&&Row| number(session, "contacts") == Some(1);
        // Sources may give the same id at the same instant.
        let is_of_it = |session: &&&Row| {
            let ends = text(session, "ended_at") == text(one.row, "ended_at");
            ends && text(session, "last_outcome") == text(one.row, "outcome")
        };
        match own[..] {
            [session] => Some(session).filter(|session| is_lone(&session)),
            _ => own.iter().filter(is_lone).find(is_of_it).copied(),
        }
    }
}
