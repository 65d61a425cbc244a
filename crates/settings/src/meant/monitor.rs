//! What the monitor stage takes.

use super::Check;
use rules::journeys::Rule;
use stage_monitor::{Settings, Watch};

/// What the monitor stage takes, with what it has to know of each rule.
pub(super) fn monitor(check: &mut Check<'_>, customers: &stage_customers::Settings) -> Settings {
    let typed = &check.typed.monitor;
    if typed.false_alarms_per_month <= 0.0 {
        let key = "monitor.false_alarms_per_month";
        let what =
            "found 0; allowed: more than 0, up to 1000; without any nothing would ever be told";
        check.wrong(key, what.into());
    }
    let watch = |rule: &Rule| {
        let watch = Watch {
            horizon_ms: rule.reach_ms(),
            deadlines_ms: rule.absences_ms(),
            wait: rule.wait(),
        };
        ((rule.name.clone(), rule.version), watch)
    };
    Settings {
        tenant: customers.tenant.clone(),
        calendar: customers.calendar.clone(),
        false_alarms_per_month: typed.false_alarms_per_month,
        segments: typed.segments,
        watches: customers.rules.rules().iter().map(watch).collect(),
    }
}
