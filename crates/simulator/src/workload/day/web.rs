//! Visits: help pages, the account, payments, the form for a move, and the calls that they cause.

use super::people::{Customer, identifiers};
use super::reasons::{MOVE_DATE, PAYMENT_CONFIRMATION, PAYMENT_FAILED, REASONS};
use super::stage::{Stage, Start};
use super::{DAY_MS, HOUR_MS, Journey, MINUTE_MS};

/// A visit while it goes on.
struct Visit {
    customer: Customer,
    source: &'static str,
    /// The cookie or the installation; `None`: the customer refused the cookie.
    device: Option<String>,
    /// The tool's session id; where there is a cookie the site's own tool has none.
    contact_id: String,
    at_ms: i64,
    is_logged_in: bool,
}

impl Visit {
    fn new(stage: &mut Stage, start: Start) -> Self {
        let is_app = stage.dice.percent(35);
        let refuses = !is_app && stage.dice.percent(24);
        let contact_id = if is_app || refuses {
            stage.id("visit-")
        } else {
            String::new()
        };
        Self {
            customer: start.customer,
            source: if is_app { "app" } else { "site" },
            device: (!refuses).then(|| start.customer.device(is_app)),
            contact_id,
            at_ms: start.at_ms,
            is_logged_in: false,
        }
    }

    fn page(&mut self, stage: &mut Stage, path: &str) {
        self.event(stage, "page_view", path);
        self.at_ms += 6_000 + stage.about(45_000);
    }

    fn login(&mut self, stage: &mut Stage) {
        self.is_logged_in = true;
        self.event(stage, "login", "espace-client/connexion");
        self.at_ms += 3_000;
    }

    fn event(&mut self, stage: &mut Stage, kind: &str, path: &str) {
        let customer_id = self.customer.customer_id();
        let device = self
            .device
            .as_deref()
            .map(|device| ("device", device, false));
        let customer = self
            .is_logged_in
            .then_some(("customer_id", customer_id.as_str(), true));
        let who: Vec<_> = device.into_iter().chain(customer).collect();
        let who = identifiers(&who);
        let url = format!("https://www.example.com/{path}");
        let version = stage.version(self.at_ms);
        let attributes = format!(r#"{{"app_version":"{version}","browser":"mobile"}}"#);
        stage.event(
            ("web", self.source),
            kind,
            &self.contact_id,
            self.at_ms,
            |line| {
                line.raw("identifiers", &who).text("url", &url);
                line.raw("attributes", &attributes);
            },
        );
    }
}

/// Just looking.
pub(super) fn browse(stage: &mut Stage, start: Start) {
    let mut visit = Visit::new(stage, start);
    visit.page(stage, "");
    for _ in 0..stage.dice.between(0, 4) {
        let path = stage.dice.pick(&[
            "offres",
            "offres/fibre",
            "offres/vert",
            "tarifs",
            "magazine",
        ]);
        visit.page(stage, path);
    }
}

/// Help pages; where they do not help, a call or a chat soon after.
pub(super) fn help(stage: &mut Stage, start: Start) {
    let mut visit = Visit::new(stage, start);
    if stage.dice.percent(35) {
        visit.login(stage);
    }
    let topic = match REASONS[start.reason].path {
        path if path.starts_with("billing/payment") => "aide/paiement",
        path if path.starts_with("billing") => "aide/facture",
        path if path.starts_with("technical") => "aide/panne",
        _ => "aide/autres",
    };
    visit.page(stage, topic);
    for _ in 0..stage.dice.between(0, 2) {
        visit.page(stage, &format!("{topic}/suite"));
    }
    if stage.dice.percent(74) {
        return;
    }
    visit.page(stage, "contact?origine=aide");
    let later_ms = MINUTE_MS + stage.about(25 * MINUTE_MS);
    let journeys = [
        (55, Journey::Call),
        (25, Journey::Chat),
        (15, Journey::Mail),
        (5, Journey::Video),
    ];
    let next = stage.dice.weighted(&journeys);
    stage.plan_next(start, next, visit.at_ms + later_ms);
}

/// The customer area.
pub(super) fn account(stage: &mut Stage, start: Start) {
    let mut visit = Visit::new(stage, start);
    // Some look at pages first and log in only at the end, and some much later.
    let is_late = stage.dice.percent(15);
    if !is_late {
        visit.login(stage);
    }
    visit.page(stage, "espace-client");
    let path = stage
        .dice
        .pick(&["espace-client/factures", "espace-client/consommation"]);
    visit.page(stage, path);
    if is_late {
        visit.at_ms += stage.dice.pick(&[0, 2 * MINUTE_MS, 6 * HOUR_MS]);
        visit.login(stage);
    }
    if stage.dice.percent(9) {
        let later_ms = 5 * MINUTE_MS + stage.about(3 * HOUR_MS);
        stage.plan_next(start, Journey::Call, visit.at_ms + later_ms);
    }
}

/// A payment: it fails, or it succeeds and its confirmation comes or does not come.
pub(super) fn pay(stage: &mut Stage, start: Start) {
    let mut visit = Visit::new(stage, start);
    visit.login(stage);
    visit.page(stage, "espace-client/factures");
    visit.page(stage, "paiement?montant=masque");
    let payments = stage.payments(visit.at_ms);
    if stage.dice.percent(payments.fail) {
        return fail(stage, start, &mut visit);
    }
    let paid_ms = visit.at_ms;
    visit.page(stage, "paiement/merci");
    let customer_id = start.customer.customer_id();
    let who = identifiers(&[("customer_id", &customer_id, true)]);
    if stage.dice.percent(payments.confirmed) {
        let delivered_ms = paid_ms + 20_000 + stage.about(70_000);
        stage.signal("delivered", "mailtrack", delivered_ms, |line| {
            line.raw("identifiers", &who)
                .text("purpose", "payment_confirmation");
            line.raw("attributes", r#"{"template":"paiement-7","medium":"mail"}"#);
        });
        return;
    }
    if stage.dice.percent(payments.ask) {
        let asks = Start {
            reason: PAYMENT_CONFIRMATION,
            ..start
        };
        let later_ms = match payments.asks_soon {
            true => stage.dice.between(11 * MINUTE_MS, 25 * MINUTE_MS),
            false => 12 * MINUTE_MS + stage.about(3 * HOUR_MS),
        };
        let journeys = [
            (70, Journey::Call),
            (20, Journey::Chat),
            (10, Journey::Mail),
        ];
        let next = stage.dice.weighted(&journeys);
        stage.plan_next(asks, next, paid_ms + later_ms);
    }
}

fn fail(stage: &mut Stage, start: Start, visit: &mut Visit) {
    visit.page(stage, "paiement/echec?code=51");
    let asks = Start {
        reason: PAYMENT_FAILED,
        ..start
    };
    match stage.dice.below(100) {
        0..=37 => {
            let later_ms = MINUTE_MS + stage.about(40 * MINUTE_MS);
            stage.plan_next(asks, Journey::Call, visit.at_ms + later_ms);
        }
        38..=49 => {
            let later_ms = MINUTE_MS + stage.about(10 * MINUTE_MS);
            stage.plan_next(asks, Journey::Chat, visit.at_ms + later_ms);
        }
        50..=79 => {
            // A second attempt, in the same visit or the next evening.
            let choices = [2 * MINUTE_MS, 4 * HOUR_MS, DAY_MS];
            let later_ms = stage.dice.pick(&choices);
            stage.plan_next(asks, Journey::Pay, visit.at_ms + later_ms);
        }
        _ => {}
    }
}

/// The form for a move, which not everybody finishes.
pub(super) fn move_form(stage: &mut Stage, start: Start) {
    let mut visit = Visit::new(stage, start);
    visit.page(stage, "demenagement");
    visit.page(stage, "demenagement/adresse");
    if stage.dice.percent(62) {
        visit.login(stage);
        visit.event(stage, "form_sent", "merci");
        let customer_id = start.customer.customer_id();
        let who = identifiers(&[("customer_id", &customer_id, true)]);
        stage.signal("ordered", "crm", visit.at_ms + 30_000, |line| {
            line.raw("identifiers", &who).text("purpose", "move");
        });
    } else if stage.dice.percent(40) {
        let asks = Start {
            reason: MOVE_DATE,
            ..start
        };
        let later_ms = 5 * MINUTE_MS + stage.about(5 * HOUR_MS);
        stage.plan_next(asks, Journey::Call, visit.at_ms + later_ms);
    }
}
