//! From contacts with owners to the tables: customer by customer, then in the order of each table.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::config::{CHANNELS, Config, Reading};
use super::identity::{Given, Owned};
use super::readings;
use super::roles::{self, Counted};
use super::tables::{self, Row};
use super::{Counts, Settled, World, alerts, broken, joins};

/// A known customer.
struct Customer {
    name: String,
    /// Its contacts in order, those cut by the cap left out.
    contacts: Vec<Counted>,
    /// The contacts that were cut.
    cut: Vec<Owned>,
    /// Their rows in each configured reading.
    rows: Vec<Vec<Option<readings::Row>>>,
    /// Broken journeys.
    broken: Vec<broken::Told>,
}

impl Customer {
    /// Joins (§3.3), cuts (§5.1), lends reasons (§3.4), gives roles (§4) and evaluates (§5).
    fn of(name: String, contacts: Vec<Owned>, given: &[Given], world: &World) -> Self {
        let config = &world.config;
        let (mut contacts, unopened): (Vec<Owned>, Vec<Owned>) = contacts
            .into_iter()
            .partition(|owned| owned.contact.has_opened);
        contacts.sort_by(|a, b| a.contact.order().cmp(&b.contact.order()));
        let mut contacts = joins::join(contacts, config);
        let surplus = contacts
            .len()
            .saturating_sub(config.contacts_per_customer_max);
        let cut: Vec<Owned> = contacts.drain(..surplus).collect();
        joins::lend_page_reasons(&mut contacts, config);
        let count = |owned| roles::count(owned, &contacts, !cut.is_empty(), world);
        let contacts: Vec<Counted> = contacts.iter().map(count).collect();
        let evaluate = |reading| readings::evaluate(reading, &contacts, world);
        let rows = config.readings.iter().map(evaluate).collect();
        Customer {
            broken: broken::of_customer(&name, &contacts, &unopened, given, world),
            name,
            contacts,
            cut,
            rows,
        }
    }
}

impl Customer {
    /// Whether it has a contact: of some only signals are known.
    fn has_contacts(&self) -> bool {
        !self.contacts.is_empty() || !self.cut.is_empty()
    }
}

/// Rows with what they are ordered by before them.
type Ordered = Vec<((i64, Vec<String>), Row)>;

fn in_order(mut rows: Ordered) -> Vec<Row> {
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Start, contact id, channel, source, then what else the table is ordered by.
fn place_of(counted: &Counted, more: &[&str]) -> (i64, Vec<String>) {
    let (start, id, channel, source) = counted.contact().order();
    let names = [id, channel, source]
        .into_iter()
        .chain(more.iter().copied());
    (start, names.map(str::to_string).collect())
}

/// Fills in all tables and the summary.
pub fn write(
    owned: Vec<Owned>,
    given: Vec<Given>,
    settled: &mut Settled,
    world: &World,
    counts: &Counts,
) {
    let mut by_customer: BTreeMap<String, Vec<Owned>> = BTreeMap::new();
    let mut signals: BTreeMap<String, Vec<Given>> = BTreeMap::new();
    for given in given {
        by_customer.entry(given.customer.clone()).or_default();
        let of_customer = signals.entry(given.customer.clone()).or_default();
        of_customer.push(given);
    }
    let mut unknown = Vec::new();
    for owned in owned {
        match &owned.customer {
            Some(customer) => by_customer.entry(customer.clone()).or_default().push(owned),
            None if owned.contact.has_opened => {
                unknown.push(roles::count(&owned, &[], false, world));
            }
            None => {}
        }
    }
    let customer = |(name, contacts): (String, Vec<Owned>)| {
        let given = signals.get(&name).map_or(&[][..], Vec::as_slice);
        Customer::of(name, contacts, given, world)
    };
    let customers: Vec<Customer> = by_customer.into_iter().map(customer).collect();

    settled.contacts = contact_rows(&customers, &unknown, &world.config);
    settled.verdicts = verdict_rows(&customers, &unknown, &world.config);
    settled.sessions = session_rows(&customers, world);
    let (alerts, policies) = alert_rows(&customers, world);
    settled.alerts = alerts;
    settled.journeys = journey_rows(&customers);
    settled.summary = summary(&customers, &unknown, policies, world, counts);
}

fn contact_rows(customers: &[Customer], unknown: &[Counted], config: &Config) -> Vec<Row> {
    let known = customers.iter().flat_map(|customer| &customer.contacts);
    let row = |counted| (place_of(counted, &[]), tables::contact(counted, config));
    in_order(known.chain(unknown).map(row).collect())
}

fn verdict_rows(customers: &[Customer], unknown: &[Counted], config: &Config) -> Vec<Row> {
    let mut all = Ordered::new();
    for (nth, reading) in config.readings.iter().enumerate() {
        let mut add = |counted, said: &Option<readings::Row>, contacts| {
            let Some(said) = said else { return };
            let place = place_of(counted, &more(reading));
            all.push((
                place,
                tables::verdict(counted, reading, said, contacts, config),
            ));
        };
        for customer in customers {
            for (counted, said) in customer.contacts.iter().zip(&customer.rows[nth]) {
                add(counted, said, &customer.contacts);
            }
        }
        for counted in unknown {
            add(counted, &readings::evaluate_unknown(reading, counted), &[]);
        }
    }
    in_order(all)
}

fn more(reading: &Reading) -> [&str; 3] {
    [&reading.window.name, &reading.scope.name, reading.mode()]
}

fn session_rows(customers: &[Customer], world: &World) -> Vec<Row> {
    let mut all = Ordered::new();
    for customer in customers {
        let rows = readings::evaluate(&world.config.headline, &customer.contacts, world);
        let name = &customer.name;
        for (start, row) in tables::sessions(name, &customer.contacts, &rows, &world.config) {
            all.push((
                (start, vec![row["session_id"].to_string(), name.clone()]),
                row,
            ));
        }
    }
    in_order(all)
}

/// How many entries of each rule are broken.
fn broken_by_rule(customers: &[Customer], world: &World) -> Value {
    let rules = world.config.rules.iter();
    let mut numbers: BTreeMap<&str, u64> = rules.map(|rule| (rule.name.as_str(), 0)).collect();
    for told in customers.iter().flat_map(|customer| &customer.broken) {
        if let Some(rule) = told.journey["rule"].as_str() {
            *numbers.entry(rule).or_default() += 1;
        }
    }
    let number = |(name, broken): (&str, u64)| (name.to_owned(), json!({ "broken": broken }));
    numbers.into_iter().map(number).collect()
}

fn journey_rows(customers: &[Customer]) -> Vec<Row> {
    let told = customers.iter().flat_map(|customer| &customer.broken);
    let row = |told: &broken::Told| {
        let place = vec![told.journey["entry_id"].to_string()];
        ((told.entered_at, place), told.journey.clone())
    };
    in_order(told.map(row).collect())
}

/// The alerts, and how many there are by policy.
fn alert_rows(customers: &[Customer], world: &World) -> (Vec<Row>, Value) {
    let policies = world.config.policies.iter();
    let mut numbers: BTreeMap<String, u64> =
        policies.map(|policy| (policy.name.clone(), 0)).collect();
    let mut all = Ordered::new();
    for customer in customers {
        for alert in alerts::of_customer(&customer.name, &customer.contacts, &customer.rows, world)
        {
            *numbers.entry(alert.policy).or_default() += 1;
            all.push((
                (alert.start, vec![alert.row["alert_id"].to_string()]),
                alert.row,
            ));
        }
        for told in &customer.broken {
            let place = vec![told.alert["alert_id"].to_string()];
            all.push(((told.decided_at, place), told.alert.clone()));
        }
    }
    let number = |(name, alerts)| (name, json!({ "alerts": alerts }));
    (in_order(all), numbers.into_iter().map(number).collect())
}

fn summary(
    customers: &[Customer],
    unknown: &[Counted],
    policies: Value,
    world: &World,
    counts: &Counts,
) -> Value {
    let known = || customers.iter().flat_map(|customer| &customer.contacts);
    let cut = || customers.iter().flat_map(|customer| &customer.cut);
    let volume = |channel: &str| {
        let kept = known().chain(unknown).map(Counted::contact);
        let all = kept.chain(cut().map(|owned| &owned.contact));
        all.filter(|contact| contact.channel == channel).count()
    };
    let volumes: BTreeMap<&str, usize> = CHANNELS
        .iter()
        .map(|channel| (*channel, volume(channel)))
        .collect();
    let (identified, capped) = (known().count() + cut().count(), cut().count());
    let all = identified + unknown.len();
    let of_reading = |(nth, reading): (usize, &Reading)| {
        let rows = customers.iter().flat_map(|customer| {
            let pairs = customer.contacts.iter().zip(&customer.rows[nth]);
            pairs.filter_map(|(counted, row)| Some((counted, row.as_ref()?)))
        });
        (reading.name(), tables::figures(&rows.collect::<Vec<_>>()))
    };
    let readings: BTreeMap<String, Value> = world
        .config
        .readings
        .iter()
        .enumerate()
        .map(of_reading)
        .collect();
    json!({
        "read": counts.read,
        "decoded": counts.decoded,
        "ignored": counts.ignored,
        "rejected": counts.rejected,
        "new": counts.new,
        "duplicates": counts.decoded - counts.new,
        "too_late": 0,
        "conflicting": counts.conflicting,
        "contacts": volumes,
        "customers": customers.iter().filter(|customer| customer.has_contacts()).count(),
        "coverage": (all > 0).then(|| identified as f64 / all as f64),
        "readings": readings,
        "policies": policies,
        "rules": broken_by_rule(customers, world),
        "contacts_capped": capped,
        "incomplete": world.incomplete,
        "identity_conflicts": known().filter(|counted| counted.owned.has_conflict).count(),
        "unmapped_reason_codes": counts.unmapped_reason_codes,
    })
}
