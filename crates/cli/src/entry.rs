//! Entries of journey rules in plain words, in the language of the configuration: what they began
//! with, what became of every step, and why they are broken or not.

use crate::story::local;
use jiff::Timestamp;
use model::{Channel, ContactName, Millis};
use rules::journeys::{Decide, Language, Rule, State, StepTrace, plain_words, step_words};
use settings::Meant;
use stage_customers::{EntryTrace, Matched, Moment, TracedStep};

/// The language that the configuration names.
pub fn language(meant: &Meant) -> Language {
    match meant.language {
        settings::Language::English => Language::English,
        settings::Language::French => Language::French,
    }
}

/// Tells entries.
#[derive(Clone, Copy)]
pub struct Entries<'a> {
    meant: &'a Meant,
    language: Language,
}

impl<'a> Entries<'a> {
    /// With the rules and the language of a configuration.
    pub fn of(meant: &'a Meant) -> Entries<'a> {
        Entries {
            meant,
            language: language(meant),
        }
    }

    fn rule(&self, entry: &EntryTrace) -> &'a Rule {
        &self.meant.customers.rules.rules()[entry.rule]
    }

    /// One of two texts.
    fn say(&self, english: String, french: String) -> String {
        match self.language {
            Language::English => english,
            Language::French => french,
        }
    }

    /// The whole entry: a line for the rule, one for each step, one for what became of it; where it
    /// is not broken, also what the step asks for that decided.
    pub fn lines(&self, entry: &EntryTrace) -> Vec<String> {
        let rule = self.rule(entry);
        let words = plain_words(rule, self.language);
        let mut lines = vec![words.lines().next().unwrap_or_default().to_owned()];
        for (place, step) in entry.steps.iter().enumerate() {
            let said = self.step(rule, place, step, entry);
            lines.push(format!(
                "  {}. ({}) {said}",
                place + 1,
                rule.steps[place].name
            ));
            let is_open = matches!(
                step.trace,
                StepTrace::Awaited { .. } | StepTrace::Missed { .. } | StepTrace::Violated { .. }
            );
            if is_open {
                let asked = step_words(rule, place, self.language);
                lines.push(format!("     {}", self.asked(&asked)));
            }
        }
        lines.push(format!("  {}", self.state(rule, entry)));
        lines
    }

    fn asked(&self, sentence: &str) -> String {
        self.say(
            format!("The rule says: {sentence}"),
            format!("La règle dit : {sentence}"),
        )
    }

    fn step(&self, rule: &Rule, place: usize, step: &TracedStep, entry: &EntryTrace) -> String {
        if place == 0 {
            return self.moment(&entry.entered);
        }
        let by = || step.by.as_ref().map_or(String::new(), |by| self.moment(by));
        match step.trace {
            StepTrace::Came { .. } => by(),
            StepTrace::Optional => self.say(
                "it need not come, and has not".to_owned(),
                "elle n'est pas nécessaire, et n'est pas venue".to_owned(),
            ),
            StepTrace::Unreached => self.say(
                "nothing yet: a step before it has not come".to_owned(),
                "rien encore : une étape précédente n'est pas venue".to_owned(),
            ),
            StepTrace::Awaited { until: None } => self.say(
                "it has not come yet; how long that counts is not known yet".to_owned(),
                "pas encore venue ; jusqu'à quand, on ne le sait pas encore".to_owned(),
            ),
            StepTrace::Awaited { until: Some(until) } => {
                let last = self.last(until);
                self.say(
                    format!("it has not come yet; it counts up to {last}"),
                    format!("pas encore venue ; elle compte jusqu'au {last}"),
                )
            }
            StepTrace::Missed { at } if rule.steps[place].within.is_none() => {
                let at = self.at(at);
                self.say(
                    format!("it did not come: the contact in which it had to be ended {at}"),
                    format!("elle n'est pas venue : le contact où elle devait être a fini {at}"),
                )
            }
            StepTrace::Missed { at } => {
                let last = self.last(at);
                self.say(
                    format!("it did not come up to {last}"),
                    format!("elle n'est pas venue jusqu'au {last}"),
                )
            }
            StepTrace::Absent { until, is_passed } => self.absent(rule, place, until, is_passed),
            StepTrace::Violated { .. } => {
                let by = by();
                self.say(
                    format!("it must not come, and did: {by}"),
                    format!("elle ne doit pas venir, et elle est venue : {by}"),
                )
            }
        }
    }

    /// What must not come and has not.
    fn absent(&self, rule: &Rule, place: usize, until: Option<Millis>, is_passed: bool) -> String {
        let step = &rule.steps[place];
        let before = step.until.map(|until| rule.steps[until].name.as_str());
        match (until, before) {
            (_, Some(name)) if step.within.is_none() => self.say(
                format!("nothing came before ({name})"),
                format!("rien n'est venu avant ({name})"),
            ),
            (Some(until), _) if is_passed => {
                let last = self.last(until);
                self.say(
                    format!("nothing came up to {last}, and that was the bound"),
                    format!("rien n'est venu jusqu'au {last}, et c'était la limite"),
                )
            }
            (Some(until), _) => {
                let last = self.last(until);
                self.say(
                    format!("nothing has come yet; it may up to {last}"),
                    format!("rien n'est encore venu ; cela reste possible jusqu'au {last}"),
                )
            }
            (None, _) => self.say(
                "nothing has come yet; how long it may is not known yet".to_owned(),
                "rien n'est encore venu ; jusqu'à quand, on ne le sait pas encore".to_owned(),
            ),
        }
    }

    /// What became of an entry, and why.
    fn state(&self, rule: &Rule, entry: &EntryTrace) -> String {
        match &entry.state {
            State::Broken { decided_at } => {
                let (at, id) = (self.at(*decided_at), &entry.entry_id);
                self.say(
                    format!("Broken since {at}: alert {id}"),
                    format!("Rompu depuis {at} : alerte {id}"),
                )
            }
            State::HeldBack { until, sources } => {
                let (at, sources) = (self.at(*until), sources.join(", "));
                self.say(
                    format!(
                        "Held back since {at}: silent sources could have brought it ({sources})"
                    ),
                    format!(
                        "Retenu depuis {at} : des sources muettes ({sources}) ont pu l'apporter"
                    ),
                )
            }
            State::Open { .. } => self.say(
                "Open: not decided yet".to_owned(),
                "Ouvert : pas encore décidé".to_owned(),
            ),
            State::Fulfilled { step, .. } => {
                let decided = &rule.steps[*step];
                let name = &decided.name;
                match decided.absent {
                    false => self.say(
                        format!("Not broken: ({name}) did not come"),
                        format!("Non rompu : ({name}) n'est pas venue"),
                    ),
                    true => self.turned_up(rule, name),
                }
            }
        }
    }

    fn turned_up(&self, rule: &Rule, name: &str) -> String {
        let (english, french) = (
            format!("Not broken: ({name}) came"),
            format!("Non rompu : ({name}) est venue"),
        );
        match rule.decide {
            Decide::Settled => self.say(english, french),
            Decide::Early => self.say(
                format!("{english}; an alert that was raised before that was known is withdrawn"),
                format!("{french} ; une alerte donnée avant qu'on le sache est retirée"),
            ),
        }
    }

    /// When, and what: `Mon 2 Mar 2026 10:05:00  visit V1, payment completed, page Pay`.
    fn moment(&self, moment: &Moment) -> String {
        let at = self.at(moment.at);
        let contact = moment.contact.as_ref().map(|name| self.contact(name));
        let what = match &moment.what {
            Matched::Contact => contact.unwrap_or_default(),
            Matched::Step { name, status, page } => {
                let status = status.map_or("", |status| status.name());
                let mut text = contact.unwrap_or_default();
                text.push_str(&self.say(
                    format!(", step {name} {status}"),
                    format!(", étape {name} {status}"),
                ));
                if !page.is_empty() {
                    text.push_str(&format!(", page {page}"));
                }
                text
            }
            Matched::Kind(kind) => {
                let contact = contact.unwrap_or_default();
                self.say(
                    format!("{contact}, event {kind}"),
                    format!("{contact}, événement {kind}"),
                )
            }
            Matched::Signal { name, event_id } => {
                let of = contact.map_or(String::new(), |contact| format!(", {contact}"));
                let name = name.name();
                self.say(
                    format!("signal {name} (event {event_id}){of}"),
                    format!("signal {name} (événement {event_id}){of}"),
                )
            }
        };
        format!("{at}  {what}")
    }

    fn contact(&self, name: &ContactName) -> String {
        let (english, french) = match name.channel {
            Channel::Phone => ("call", "appel"),
            Channel::Chat => ("chat", "chat"),
            Channel::Email => ("mail", "courriel"),
            Channel::Video => ("video chat", "visio"),
            Channel::Web => ("visit", "visite"),
        };
        let word = self.say(english.to_owned(), french.to_owned());
        format!("{word} {}", name.contact_id)
    }

    /// The last instant before a bound is passed.
    fn last(&self, until: Millis) -> String {
        self.at(until.minus(1))
    }

    fn at(&self, at: Millis) -> String {
        let zone = self.meant.customers.calendar.zone();
        let english = local(zone, at);
        match (self.language, Timestamp::from_millisecond(at.0)) {
            (Language::French, Ok(timestamp)) => french(&timestamp.to_zoned(zone.clone())),
            (Language::French, Err(_)) | (Language::English, _) => english,
        }
    }
}

/// `lun. 2 mars 2026 10:05:00`.
fn french(at: &jiff::Zoned) -> String {
    const DAYS: [&str; 7] = ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."];
    const MONTHS: [&str; 12] = [
        "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
        "déc.",
    ];
    let day = DAYS[at.weekday().to_monday_zero_offset().unsigned_abs() as usize];
    let month = MONTHS[usize::from(at.month().unsigned_abs()) - 1];
    format!(
        "{day} {} {month} {} {}",
        at.day(),
        at.year(),
        at.strftime("%H:%M:%S")
    )
}
