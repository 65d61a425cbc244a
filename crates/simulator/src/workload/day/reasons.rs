//! Why customers make contact, and how each system says it.

use crate::workload::dice::Dice;

/// A reason: the tenant's path, the telephone system's code, the queue, and how often it occurs.
pub(super) struct Reason {
    pub(super) path: &'static str,
    pub(super) code: &'static str,
    pub(super) queue: &'static str,
    pub(super) weight: u64,
}

const fn reason(
    path: &'static str,
    code: &'static str,
    queue: &'static str,
    weight: u64,
) -> Reason {
    Reason {
        path,
        code,
        queue,
        weight,
    }
}

/// In the order of the table of codes in the configuration.
pub(super) const REASONS: [Reason; 12] = [
    reason("billing/payment/confirmation", "110", "Q-FACTURES", 9),
    reason("billing/payment/failed", "111", "Q-FACTURES", 11),
    reason("billing/invoice/amount", "120", "Q-FACTURES", 17),
    reason("billing/invoice/schedule", "121", "Q-FACTURES", 6),
    reason("technical/outage", "210", "Q-TECHNIQUE", 8),
    reason("technical/meter/reading", "211", "Q-TECHNIQUE", 10),
    reason("technical/box/slow", "212", "Q-TECHNIQUE", 12),
    reason("contract/move/date", "310", "Q-CONTRATS", 9),
    reason("contract/options", "311", "Q-CONTRATS", 6),
    reason("contract/cancel", "312", "Q-CONTRATS", 4),
    reason("account/access", "410", "Q-ACCUEIL", 6),
    reason("account/data", "411", "Q-ACCUEIL", 2),
];

/// Indices of the two reasons that payments cause.
pub(super) const PAYMENT_CONFIRMATION: usize = 0;
pub(super) const PAYMENT_FAILED: usize = 1;
pub(super) const MOVE_DATE: usize = 7;

/// The index of a reason.
pub(super) fn draw(dice: &mut Dice) -> usize {
    let total = REASONS.iter().map(|reason| reason.weight).sum();
    let mut left = dice.below(total);
    for (index, reason) in REASONS.iter().enumerate() {
        if left < reason.weight {
            return index;
        }
        left -= reason.weight;
    }
    0
}
