//! Fields that any event may state besides what its story is about.

use serde_json::{Value, json};

use super::history::{Fields, History, Place};
use super::setup::{DAY_MS, HOUR_MS, SECOND_MS};

pub(super) const REASONS: [&str; 7] = [
    "billing",
    "billing/payment",
    "billing/payment/confirmation",
    "billing/payment/failed",
    "technical/line",
    "technical/line/slow/evening",
    "delivery",
];

impl History {
    /// A source for a channel. Most speak of several channels.
    pub(super) fn place(&mut self, channel: &'static str) -> Place {
        let source = match channel {
            "web" => self
                .dice
                .weighted(&[(6, "site"), (2, "app"), (2, "default")]),
            "email" => self
                .dice
                .weighted(&[(5, "mail"), (2, "crm"), (3, "default")]),
            _ => self
                .dice
                .weighted(&[(5, "acd"), (3, "crm"), (2, "default")]),
        };
        Place { channel, source }
    }

    /// A reason, as a path or as a code of the source, with one provenance or another.
    pub(super) fn add_reason(&mut self, fields: &mut Fields) {
        let provenance = self.dice.weighted(&[
            (3, None),
            (3, Some("qualified")),
            (4, Some("declared")),
            (2, Some("queue")),
            (1, Some("page")),
        ]);
        if let Some(provenance) = provenance {
            fields.insert("reason_source".into(), provenance.into());
            self.saw(match provenance {
                "qualified" => "reason_qualified",
                "declared" => "reason_declared",
                "queue" => "reason_queue",
                _ => "reason_page",
            });
        }
        match self.dice.below(10) {
            0..=5 => {
                let reason = self.dice.pick(&REASONS);
                fields.insert("reason".into(), reason.into());
            }
            6..=8 => {
                let code = self.dice.pick(&["B1", "B2", "D1", "T9"]);
                fields.insert("reason_code".into(), code.into());
                self.saw("reason_code_mapped");
            }
            _ => {
                fields.insert("reason_code".into(), "X-404".into());
                self.saw("reason_code_unmapped");
            }
        }
    }

    /// Agent, team and queue, each now and then.
    pub(super) fn add_desk(&mut self, fields: &mut Fields) {
        if self.dice.percent(50) {
            let agent = self.dice.pick(&["a001", "a002", "a017"]);
            fields.insert("agent".into(), agent.into());
        }
        if self.dice.percent(40) {
            let team = self.dice.pick(&["north", "south", "night"]);
            fields.insert("team".into(), team.into());
        }
        if self.dice.percent(40) {
            let queue = self.dice.pick(&["Q-BILL", "Q-TECH", "Q-OTHER"]);
            fields.insert("queue".into(), queue.into());
            self.saw(if queue == "Q-OTHER" {
                "queue_unmapped"
            } else {
                "queue_mapped"
            });
        }
    }

    /// Dimensions, attributes, costs and the rest, seldom.
    pub(super) fn add_details(&mut self, fields: &mut Fields) {
        if self.dice.percent(12) {
            let tier = self.dice.pick(&["gold", "silver"]);
            fields.insert("tier".into(), tier.into());
        }
        if self.dice.percent(6) {
            fields.insert("site".into(), self.dice.pick(&["lille", "remote"]).into());
        }
        if self.dice.percent(6) {
            fields.insert("may_contact".into(), self.dice.percent(50).into());
        }
        if self.dice.percent(4) {
            fields.insert("party".into(), self.dice.pick(&["self", "third"]).into());
        }
        if self.dice.percent(8) {
            let medium = self.dice.pick(&["messaging", "sms", "app"]);
            fields.insert("medium".into(), medium.into());
        }
        if self.dice.percent(10) {
            let cost = self.dice.pick(&[0.5, 1.25, 0.000_001, 3.0]);
            fields.insert("extra_cost".into(), cost.into());
            self.saw("extra_cost");
        }
        if self.dice.percent(10) {
            let disposition = self
                .dice
                .pick(&["sent_to_web", "W", "promised_callback", "P"]);
            fields.insert("disposition".into(), disposition.into());
            self.saw("disposition");
        }
        if self.dice.percent(12) {
            let version = self.dice.pick(&["5.1", "5.2"]);
            let mut attributes = json!({"app_version": version});
            if self.dice.percent(30) {
                attributes["campaign"] = Value::Null;
                self.saw("attribute_null");
            } else if self.dice.percent(50) {
                attributes["campaign"] = "spring".into();
            }
            fields.insert("attributes".into(), attributes);
            self.saw("attributes");
        }
    }

    /// Direction, initiation and an appointment; says whether the contact is scheduled.
    pub(super) fn add_direction(&mut self, fields: &mut Fields) {
        match self.dice.below(100) {
            0..=9 => {
                fields.insert("direction".into(), "outbound".into());
                fields.insert("initiation".into(), "brand".into());
                self.saw("outbound");
            }
            10..=16 => {
                fields.insert("initiation".into(), "scheduled".into());
                if self.dice.percent(50) {
                    fields.insert("direction".into(), "outbound".into());
                }
                let occurred_at_ms = fields["occurred_at"].as_i64().unwrap_or(0);
                let due_at_ms = occurred_at_ms + self.dice.pick(&[HOUR_MS, DAY_MS, SECOND_MS]);
                fields.insert("due_at".into(), due_at_ms.into());
                self.saw("scheduled");
            }
            17..=19 => {
                fields.insert("automatic".into(), true.into());
                self.saw("automatic_flag");
            }
            20..=22 => {
                fields.insert("direction".into(), "inbound".into());
            }
            _ => {}
        }
    }

    /// What the source says of wait, handling time and outcome.
    pub(super) fn add_outcome(&mut self, fields: &mut Fields) {
        if self.dice.percent(35) {
            let outcome = self.dice.weighted(&[
                (5, "handled"),
                (5, "abandoned"),
                (2, "short"),
                (2, "contained"),
                (2, "failed"),
                (1, "unanswered"),
            ]);
            fields.insert("outcome".into(), outcome.into());
            self.saw(match outcome {
                "short" => "short_stated",
                "contained" => "contained",
                _ => "outcome_stated",
            });
        }
        if self.dice.percent(20) {
            let wait_ms = self.dice.pick(&[0_i64, 1, 15_000, 15_001, 60_000]);
            fields.insert("wait_ms".into(), wait_ms.into());
        }
        if self.dice.percent(20) {
            let handle_ms = self.dice.pick(&[0_i64, 1, 30_000, 90_001, 600_000]);
            fields.insert("handle_ms".into(), handle_ms.into());
        }
    }
}
