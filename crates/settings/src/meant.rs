//! The configuration as meant: what each stage takes, checked as a whole.

mod edges;
mod import;
mod readings;
mod rules_files;
mod sources;
mod stages;

pub use edges::{Http, Kafka, Topic};
pub use import::Import;
pub(crate) use readings::window_text;
pub use sources::{Source, Sources};

use crate::codes;
use crate::examine::Places;
use crate::link::ContactLink;
use crate::loaded::Loaded;
use crate::problem::{Place, Problem, Problems};
use crate::secret;
use crate::typed::Typed;
use model::Text;
use rules::journeys::Finding;
use stage_door::{Pseudonymise, Secret};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Language of the live page and of the titles of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

/// What becomes of identifiers, and where the secret comes from.
#[derive(Clone, Debug)]
pub enum Identifiers {
    /// They stay as they are. `run` refuses.
    Plain,
    /// They are hashed with the secret of a file.
    FromFile {
        /// The file.
        path: PathBuf,
        /// The secret of its last line.
        secret: Secret,
    },
    /// They are hashed, but no secret is configured: whoever runs draws one. `run` refuses.
    Drawn,
}

/// The configuration as meant.
#[derive(Clone, Debug)]
pub struct Meant {
    /// The brand.
    pub tenant: Text,
    /// IANA name of the centre's zone.
    pub time_zone: String,
    /// Of the live page.
    pub language: Language,
    /// ISO 4217 code of all costs.
    pub currency: String,
    /// Template of the link to a contact.
    pub contact_link: Option<ContactLink>,
    /// Files of journey rules, sorted, each once.
    pub rules: Vec<PathBuf>,
    /// What stands in them, by their names.
    rule_texts: Vec<(String, String)>,
    /// What the contacts stage takes.
    pub contacts: stage_contacts::Settings,
    /// What the handles stage takes.
    pub handles: stage_handles::Settings,
    /// What the customers stage takes, the headline among its readings.
    pub customers: stage_customers::Settings,
    /// What becomes of identifiers.
    pub identifiers: Identifiers,
    /// The sources.
    pub sources: Sources,
    /// Types of identifiers besides `customer_id`, `loyalty`, `email`, `phone`, `device`.
    pub identifier_types: Vec<String>,
    /// Mappings of input files, in the order in which they were typed.
    pub imports: Vec<Import>,
    /// Threshold of the share answered, for each channel in order of [`model::Channel::ALL`],
    /// milliseconds.
    pub answer_within_ms: [Option<i64>; 5],
    /// Dimensions by which figures are broken down.
    pub families: Vec<figures::Family>,
    /// The service tells the topics `figures` and `samples`.
    pub tells_figures: bool,
    /// The service's side of Kafka.
    pub kafka: Kafka,
    /// The service's HTTP side; `None`: no HTTP.
    pub http: Option<Http>,
    /// How long after its end a contact may still change: acceptance + reach + longest open
    /// contact, milliseconds.
    pub changes_ms: i64,
    /// How long a contact is kept after its end: as long as it may change, and the longest window,
    /// milliseconds.
    pub retention_ms: i64,
    /// What is allowed, but probably not meant, or worth knowing.
    pub notes: Vec<String>,
    /// The door's settings but for a secret that has to be drawn.
    door: stage_door::Settings,
}

impl Meant {
    /// What the door takes. Where no secret is configured, `draw` gives one: at least 32 random
    /// bytes. It is not called otherwise. The start of the run and the end of time are the
    /// caller's to set.
    #[must_use]
    pub fn door(&self, draw: impl FnOnce() -> Vec<u8>) -> stage_door::Settings {
        let pseudonymise = match &self.identifiers {
            Identifiers::Plain => Pseudonymise::Plain,
            Identifiers::FromFile { secret, .. } => Pseudonymise::Keyed(secret.clone()),
            Identifiers::Drawn => Pseudonymise::Keyed(Secret {
                key: draw(),
                version: 0,
            }),
        };
        stage_door::Settings {
            pseudonymise,
            ..self.door.clone()
        }
    }

    /// What is worth a look in the files of journey rules, in order of their places: contradictions,
    /// rules that nothing can bring, reasons and steps that no table names.
    #[must_use]
    pub fn rule_findings(&self) -> Vec<Finding> {
        let tables = &self.door.tables;
        let reasons = tables.reasons.iter().map(|row| &row.reason);
        let reasons = reasons.chain(tables.queues.iter().map(|row| &row.reason));
        let reasons = reasons.chain(tables.steps.iter().map(|row| &row.reason));
        let reasons: Vec<Text> = reasons.filter(|path| !path.is_empty()).cloned().collect();
        let steps = tables.steps.iter().map(|row| row.step.clone());
        let steps: Vec<Text> = steps.filter(|step| !step.is_empty()).collect();
        let named = rules_files::Named {
            scopes: &self.customers.readings.scopes,
            sources: &self.sources,
            reasons: (!reasons.is_empty()).then_some(reasons.as_slice()),
            steps: (!steps.is_empty()).then_some(steps.as_slice()),
        };
        rules_files::read(&self.rule_texts, &named).1
    }

    /// What figures take.
    #[must_use]
    pub fn figures(&self) -> figures::Figures {
        figures::Figures::new(figures::Settings {
            calendar: self.customers.calendar.clone(),
            readings: self.customers.readings.clone(),
            families: self.families.clone(),
            answer_within_ms: self.answer_within_ms,
        })
    }

    /// The headline reading.
    #[must_use]
    pub fn headline(&self) -> &model::Reading {
        &self.customers.readings.list[self.customers.readings.headline]
    }
}

/// What is found wrong, and worth a note, while the configuration is given its meaning.
pub(crate) struct Check<'a> {
    pub typed: &'a Typed,
    pub folder: &'a Path,
    pub problems: Vec<Problem>,
    pub notes: Vec<String>,
    places: &'a Places,
}

impl Check<'_> {
    /// Where a key stands, or the nearest table around it.
    pub(crate) fn place(&self, key: &str) -> Place {
        let mut path = key;
        loop {
            if let Some(place) = self.places.get(path) {
                return place.clone();
            }
            path = path.rfind(['.', '[']).map_or("", |end| &path[..end]);
        }
    }

    /// Something is wrong with a key.
    pub(crate) fn wrong(&mut self, key: &str, what: String) {
        self.wrong_at(self.place(key), key, what);
    }

    /// Something is wrong with a key, in a place that is not its own.
    pub(crate) fn wrong_at(&mut self, place: Place, key: &str, what: String) {
        self.problems.push(Problem {
            place,
            key: key.to_owned(),
            what,
        });
    }

    /// Something is worth knowing.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

/// Gives a configuration its meaning.
pub(crate) fn meant(loaded: &Loaded) -> Result<Meant, Problems> {
    let mut check = Check {
        typed: &loaded.typed,
        folder: &loaded.folder,
        problems: Vec::new(),
        notes: Vec::new(),
        places: &loaded.places,
    };
    let meant = give_meaning(&mut check);
    match meant {
        Some(meant) if check.problems.is_empty() => Ok(Meant {
            notes: check.notes,
            ..meant
        }),
        _ => Err(Problems::sorted(check.problems)),
    }
}

/// The meaning, or nothing where something is so wrong that there is none. Even then everything
/// has been checked.
fn give_meaning(check: &mut Check<'_>) -> Option<Meant> {
    let typed = check.typed;
    tenant(check);
    let currency = currency(check);
    let contact_link = contact_link(check);
    let rules = rules_files::rules_files(check);
    let sources = sources::sources(check);
    let tables = codes::tables(check);
    let identifiers = identifiers(check);
    let types = stages::identifier_types(check);
    let mut contacts = stages::contacts(check, &types);
    let imports = import::imports(check, &types);
    let families = edges::families(check);
    let kafka = edges::kafka(check);
    let http = edges::http(check);
    let door = stages::door(check, &types, &sources, tables);
    let calendar = stages::calendar(check);
    let customers = stages::customers(check, &sources, calendar.clone());
    let (calendar, mut customers) = (calendar?, customers?);
    let named = rules_files::Named {
        scopes: &customers.readings.scopes,
        sources: &sources,
        reasons: None,
        steps: None,
    };
    let (journeys, rule_texts) = rules_files::rules(check, &rules, &named);
    contacts.kinds = journeys.kinds();
    contacts.signals = journeys.signals();
    customers.rules = Arc::new(journeys);
    let handles = stages::handles(check, &types, calendar);
    let changes_ms = stages::changes_ms(&sources, &contacts, handles.reach_ms);
    let retention_ms = changes_ms + stages::matters_ms(&customers);
    Some(Meant {
        tenant: typed.tenant.as_str().into(),
        time_zone: typed.time_zone.clone(),
        language: if typed.language == "fr" {
            Language::French
        } else {
            Language::English
        },
        currency,
        contact_link,
        rules,
        rule_texts,
        contacts,
        handles,
        customers,
        identifiers,
        sources,
        identifier_types: types.own(),
        imports,
        answer_within_ms: stages::answer_within_ms(typed),
        families,
        tells_figures: check.typed.figures.topics,
        kafka,
        http,
        changes_ms,
        retention_ms,
        notes: Vec::new(),
        door,
    })
}

/// Whether a name can stand in topics, keys and ids.
fn is_plain_name(name: &str, length_max: usize) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name.len() <= length_max && name.bytes().all(allowed)
}

fn tenant(check: &mut Check<'_>) {
    let tenant = &check.typed.tenant;
    if !is_plain_name(tenant, 64) {
        let what = format!("found `{tenant}`; allowed: letters, digits, `.`, `_`, `-`, at most 64");
        check.wrong("tenant", what);
    }
}

fn currency(check: &mut Check<'_>) -> String {
    let currency = &check.typed.currency;
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        let what = format!("found `{currency}`; allowed: three capital letters such as EUR");
        check.wrong("currency", what);
    }
    currency.clone()
}

fn contact_link(check: &mut Check<'_>) -> Option<ContactLink> {
    let template = check.typed.contact_link.as_ref()?;
    match ContactLink::parse(template) {
        Ok(link) => Some(link),
        Err(what) => {
            check.wrong("contact_link", what);
            None
        }
    }
}

fn identifiers(check: &mut Check<'_>) -> Identifiers {
    let identity = &check.typed.identity;
    if !identity.pseudonymise {
        check.note("identifiers are not pseudonymised: `run` refuses this configuration".into());
        return Identifiers::Plain;
    }
    let Some(file) = &identity.secret_file else {
        check.note(
            "no identity.secret_file: `replay` and `demo` draw a secret, so that hashes \
                    differ from run to run; `run` refuses"
                .into(),
        );
        return Identifiers::Drawn;
    };
    let path = check.folder.join(file);
    match secret::read(&path) {
        Ok(read) => {
            if read.open_to_others {
                let note = format!("{} can be read by others than its owner", path.display());
                check.note(note);
            }
            Identifiers::FromFile {
                path,
                secret: read.secret,
            }
        }
        Err((0, what)) => {
            check.wrong(
                "identity.secret_file",
                format!("{}: {what}", path.display()),
            );
            Identifiers::Drawn
        }
        Err((line, what)) => {
            let place = Place::File {
                path: path.display().to_string(),
                line,
            };
            check.wrong_at(place, "identity.secret_file", what);
            Identifiers::Drawn
        }
    }
}
