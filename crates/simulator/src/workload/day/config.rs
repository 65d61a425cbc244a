//! The configuration that goes with the day.

/// The complete configuration of the brand whose day [`super::day`] writes, in TOML.
#[must_use]
pub fn day_config() -> String {
    CONFIG.to_owned()
}

const CONFIG: &str = r#"tenant = "demo"
time_zone = "Europe/Paris"
country = "FR"
week = ["mon", "tue", "wed", "thu", "fri", "sat"]
holidays = [
  "2025-01-01", "2025-04-21", "2025-05-01", "2025-05-08", "2025-05-29", "2025-06-09",
  "2025-07-14", "2025-08-15", "2025-11-01", "2025-11-11", "2025-12-25",
  "2026-01-01", "2026-04-06", "2026-05-01", "2026-05-08", "2026-05-14", "2026-05-25",
  "2026-07-14", "2026-08-15", "2026-11-01", "2026-11-11", "2026-12-25",
]
language = "fr"
currency = "EUR"
contact_link = "https://crm.example.com/contacts/{contact_id}"
headline = "j+7 assisted any"
page_reason_within = "1h"
readings = [
  "intraday assisted any", "intraday assisted same", "24h assisted any", "24h all any",
  "j+7 assisted any", "j+7 assisted same", "j+7 all any", "j+7 phone any", "j+30 assisted any",
]
mail_grace = "1h"

[windows]
intraday = { calendar_days = 0 }
"24h" = { rolling = "24h" }
"j+7" = { calendar_days = 7 }
"j+30" = { calendar_days = 30 }

[visits]
inactivity = "30min"
assistance = true
count_steps = ["help", "contact", "account", "form", "payment", "failed"]

[channels.phone]
silence = "4h"
short_below = "10s"
answer_within = "90s"

[channels.chat]
silence = "2h"
short_below = "5s"
answer_within = "15s"

[sources.default]
lateness = "5min"

[sources.mailroom]
lateness = "5min"

[sources.mailtrack]
lateness = "5min"

[costs.phone]
fixed = 0.40
per_minute = 0.85

[costs.chat]
fixed = 0.15
per_minute = 0.45

[costs.email]
fixed = 0.60
per_minute = 0.70

[costs.video]
fixed = 1.20
per_minute = 1.10

[costs.web]
fixed = 0.01
per_minute = 0

[identity]
unique = ["customer_id"]
handles = ["loyalty", "email", "phone", "device"]
contacts_per_day_max = 30
block = ["+33 1 99 00 99 99", "contact@example.com"]

[[policies]]
name = "third-in-seven-days"
version = 1
reading = "j+7 assisted any"
count_min = 3
cool_down = "24h"

[[policies]]
name = "same-reason-today"
version = 1
reading = "intraday assisted same"
count_min = 2
cool_down = "4h"

[[policies]]
name = "payment-again"
version = 1
reading = "24h all any"
count_min = 2
cool_down = "24h"
channels = ["phone", "chat", "video"]
reasons = ["billing/payment"]

[tables]
reasons = [
  { source = "acd", code = "110", reason = "billing/payment/confirmation" },
  { source = "acd", code = "111", reason = "billing/payment/failed" },
  { source = "acd", code = "120", reason = "billing/invoice/amount" },
  { source = "acd", code = "121", reason = "billing/invoice/schedule" },
  { source = "acd", code = "210", reason = "technical/outage" },
  { source = "acd", code = "211", reason = "technical/meter/reading" },
  { source = "acd", code = "212", reason = "technical/box/slow" },
  { source = "acd", code = "310", reason = "contract/move/date" },
  { source = "acd", code = "311", reason = "contract/options" },
  { source = "acd", code = "312", reason = "contract/cancel" },
  { source = "acd", code = "410", reason = "account/access" },
  { source = "acd", code = "411", reason = "account/data" },
]
queues = [
  { source = "", queue = "Q-FACTURES", reason = "billing" },
  { source = "", queue = "Q-TECHNIQUE", reason = "technical" },
  { source = "", queue = "Q-CONTRATS", reason = "contract" },
]
steps = [
  { url = "https://www.example.com/aide/paiement*", event = "", step = "help", status = "completed", reason = "billing/payment", page = "Aide paiement" },
  { url = "https://www.example.com/aide/facture*", event = "", step = "help", status = "completed", reason = "billing/invoice", page = "Aide facture" },
  { url = "https://www.example.com/aide/panne*", event = "", step = "help", status = "completed", reason = "technical/outage", page = "Aide panne" },
  { url = "https://www.example.com/aide/*", event = "", step = "help", status = "completed", reason = "", page = "Aide" },
  { url = "https://www.example.com/contact*", event = "", step = "contact", status = "started", reason = "", page = "Contact" },
  { url = "https://www.example.com/espace-client/consommation*", event = "", step = "account", status = "completed", reason = "technical/meter", page = "Consommation" },
  { url = "https://www.example.com/espace-client*", event = "", step = "account", status = "completed", reason = "", page = "Espace client" },
  { url = "https://www.example.com/paiement/echec*", event = "", step = "payment", status = "failed", reason = "billing/payment/failed", page = "Paiement" },
  { url = "https://www.example.com/paiement/merci*", event = "", step = "payment", status = "completed", reason = "billing/payment/confirmation", page = "Paiement" },
  { url = "https://www.example.com/paiement*", event = "", step = "payment", status = "started", reason = "billing/payment", page = "Paiement" },
  { url = "https://www.example.com/demenagement*", event = "", step = "form", status = "started", reason = "contract/move", page = "Formulaire déménagement" },
  { url = "", event = "form_sent", step = "form", status = "completed", reason = "contract/move", page = "Formulaire déménagement" },
  { url = "", event = "login", step = "account", status = "completed", reason = "", page = "" },
]
dispositions = [
  { source = "acd", code = "WEB", disposition = "sent_to_web" },
  { source = "acd", code = "RAPPEL", disposition = "promised_callback" },
]
automatic_senders = ["noreply@*", "no-reply@*", "mailer-daemon@*"]
"#;
