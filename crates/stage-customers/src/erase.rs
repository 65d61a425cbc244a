//! Erasures: of a contact, and of a customer, nothing is left (`docs/semantics.md`, 11).

use crate::retention::Past;
use crate::{Customers, Output, State};
use model::{AlertStatus, ContactName, Forget, Now, Stage};

impl State {
    /// The contact was erased, if nothing later was said of it.
    pub(crate) fn erase(&mut self, name: ContactName, version: u64) {
        let held = self.held.get(&name);
        if held.is_some_and(|held| held.version <= version) {
            self.held.remove(&name);
            self.erased.insert(name);
        }
    }
}

impl Customers {
    /// Whatever is left of a customer that was forgotten, once all its contacts have been: alerts
    /// that were withdrawn before, and what was counted of contacts that were let go. Says whether
    /// there was anything.
    pub fn forget(
        &self,
        key: &str,
        state: &mut State,
        now: &Now,
        forget: &Forget,
        out: &mut Vec<Output>,
    ) -> bool {
        if !forget.identifiers.contains(key) {
            return false;
        }
        state.past = Past::default();
        self.settle(key, state, now, out);
        let is_left = |alert: &model::Alert| {
            alert.status == AlertStatus::Withdrawn && alert.event_at <= forget.at
        };
        let left = state.alerts.values().filter(|one| is_left(one)).cloned();
        let left: Vec<model::Alert> = left.collect();
        for alert in left {
            state.alerts.remove(&alert.alert_id);
            out.push(Output::AlertGone {
                key: key.into(),
                alert: Box::new(alert),
            });
        }
        if state.held.is_empty() {
            state.let_go = [0; 5];
            state.left = 0;
        }
        true
    }
}
