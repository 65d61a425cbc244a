//! States as former releases wrote them: what stands in `former/STAGE-SCHEMA.txt`, a line a key, was
//! written by the release that had this schema, and is never changed.
//!
//! Whoever raises a schema has the new one written: `UPDATE=1 cargo test -p stories former`.

use canonical::decode_json;
use model::{CustomerInput, HandleInput, Millis, Now, Stage, Text};
use serde::Serialize;
use serde::de::DeserializeOwned;
use settings::Loaded;
use stage_door::{Clocks, Place};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use worker::{Counts, Engine};

const CONFIG: &str = "tenant = \"acme\"\ntime_zone = \"Europe/Paris\"\ncountry = \"FR\"\n\
    readings = [\"24h assisted any\", \"j+7 assisted any\", \"j+7 assisted same\"]\n\
    [identity]\npseudonymise = false\n";
/// Everything up to here has settled when the states are written.
const NOW: Millis = Millis(1_773_928_800_000);

/// What was said: of two customers and a telephone that both were seen with.
const SAID: [&str; 9] = [
    r#"{"channel":"phone","kind":"started","event_id":"1","contact_id":"A1","occurred_at":"2026-03-17T09:00:00Z","identifiers":[{"type":"customer_id","value":"C1"},{"type":"phone","value":"+33 1 99 00 00 01","verified":true}],"attributes":{"shop":"7"}}"#,
    r#"{"channel":"phone","kind":"answered","event_id":"2","contact_id":"A1","occurred_at":"2026-03-17T09:00:40Z","agent":"G1","reason_code":null}"#,
    r#"{"channel":"phone","kind":"ended","event_id":"3","contact_id":"A1","occurred_at":"2026-03-17T09:05:00Z","outcome":"handled"}"#,
    r#"{"channel":"phone","kind":"contact","event_id":"4","contact_id":"A2","occurred_at":"2026-03-18T10:00:00Z","ended_at":"2026-03-18T10:03:00Z","outcome":"abandoned","identifiers":[{"type":"phone","value":"+33 1 99 00 00 01"}]}"#,
    r#"{"channel":"email","kind":"received","event_id":"5","contact_id":"M1","thread_id":"T1","occurred_at":"2026-03-18T12:00:00Z","identifiers":[{"type":"email","value":"c1@example.org"}]}"#,
    r#"{"channel":"email","kind":"sent","event_id":"6","contact_id":"M2","thread_id":"T1","occurred_at":"2026-03-18T13:00:00Z","identifiers":[{"type":"customer_id","value":"C1"},{"type":"email","value":"c1@example.org"}]}"#,
    r#"{"channel":"web","kind":"page","event_id":"7","occurred_at":"2026-03-18T14:00:00Z","identifiers":[{"type":"device","value":"D1"},{"type":"customer_id","value":"C1"}]}"#,
    r#"{"signal":"linked","event_id":"8","occurred_at":"2026-03-18T15:00:00Z","identifiers":[{"type":"customer_id","value":"C2"},{"type":"email","value":"c2@example.org"}]}"#,
    r#"{"channel":"chat","kind":"contact","event_id":"9","contact_id":"H1","occurred_at":"2026-03-18T16:00:00Z","ended_at":"2026-03-18T16:09:00Z","outcome":"handled","identifiers":[{"type":"customer_id","value":"C2"},{"type":"email","value":"c2@example.org"}]}"#,
];
/// What is said after the upgrade, of each of them.
const LATER: [&str; 4] = [
    r#"{"channel":"phone","kind":"ended","event_id":"3","contact_id":"A1","occurred_at":"2026-03-17T09:05:00Z","updated_at":"2026-03-19T08:00:00Z","outcome":"failed"}"#,
    r#"{"signal":"linked","event_id":"10","occurred_at":"2026-03-19T09:00:00Z","identifiers":[{"type":"customer_id","value":"C2"},{"type":"phone","value":"+33 1 99 00 00 01"}]}"#,
    r#"{"channel":"email","kind":"received","event_id":"11","contact_id":"M3","thread_id":"T1","occurred_at":"2026-03-19T10:00:00Z","identifiers":[{"type":"email","value":"c1@example.org"}]}"#,
    r#"{"channel":"web","kind":"page","event_id":"12","occurred_at":"2026-03-18T14:10:00Z","identifiers":[{"type":"device","value":"D1"}]}"#,
];

/// The states of a stage by key, and everything that it said.
struct Keyed<'a, S: Stage> {
    stage: &'a S,
    states: BTreeMap<Text, S::State>,
    said: Vec<String>,
}

impl<'a, S: Stage> Keyed<'a, S>
where
    S::Output: Debug,
{
    fn new(stage: &'a S) -> Self {
        Keyed {
            stage,
            states: BTreeMap::new(),
            said: Vec::new(),
        }
    }

    fn hear(&mut self, key: Text, input: S::Input) -> Vec<S::Output> {
        let state = self.states.entry(key.clone()).or_default();
        self.stage.apply(&key, state, input);
        let mut out = Vec::new();
        self.stage.settle(&key, state, &Now::all(NOW), &mut out);
        self.said
            .extend(out.iter().map(|one| format!("{key}: {one:?}")));
        out
    }
}

/// All stages.
struct All<'a> {
    engine: &'a Engine,
    contacts: Keyed<'a, stage_contacts::Contacts>,
    handles: Keyed<'a, stage_handles::Handles>,
    customers: Keyed<'a, stage_customers::Customers>,
}

impl<'a> All<'a> {
    fn new(engine: &'a Engine) -> All<'a> {
        All {
            engine,
            contacts: Keyed::new(&engine.contacts),
            handles: Keyed::new(&engine.handles),
            customers: Keyed::new(&engine.customers),
        }
    }

    fn hear(&mut self, lines: &[&str]) {
        let (mut clocks, mut counts) = (Clocks::default(), Counts::default());
        for line in lines {
            let place = Place {
                source: "",
                partition: 0,
                recorded_at: None,
                lateness: false,
            };
            let decoded = decode_json(line.as_bytes());
            let admitted = self.engine.admit(decoded, &place, &mut clocks, &mut counts);
            let (key, input) = admitted.unwrap_or_else(|refused| panic!("{line}: {refused:?}"));
            for output in self.contacts.hear(key, input) {
                match output {
                    stage_contacts::Output::Handle(key, input) => self.handle(key, input),
                    stage_contacts::Output::Customer(key, input) => self.customer(key, input),
                    stage_contacts::Output::Marker(_) => {}
                }
            }
        }
    }

    fn handle(&mut self, key: Text, input: HandleInput) {
        for stage_handles::Output(key, input) in self.handles.hear(key, input) {
            self.customer(key, input);
        }
    }

    fn customer(&mut self, key: Text, input: CustomerInput) {
        self.customers.hear(key, input);
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/former")
}

/// Keys and bytes of the states that stand in a file; nothing where there is none.
fn read(name: &str) -> Option<BTreeMap<Text, Vec<u8>>> {
    let text = std::fs::read_to_string(folder().join(name)).ok()?;
    let line = |line: &str| {
        let (key, hex) = line.rsplit_once(' ').unwrap();
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (key.into(), (0..hex.len()).step_by(2).map(byte).collect())
    };
    Some(text.lines().map(line).collect())
}

fn bytes<S: Serialize>(states: &BTreeMap<Text, S>) -> BTreeMap<Text, Vec<u8>> {
    let bytes = |(key, state): (&Text, &S)| (key.clone(), postcard::to_stdvec(state).unwrap());
    states.iter().map(bytes).collect()
}

/// Reads the states of every schema that this release reads, each a map from key to state.
fn read_all<S: Stage>(
    stage: &S,
    name: &str,
    now: &BTreeMap<Text, S::State>,
) -> Vec<(u8, BTreeMap<Text, S::State>)>
where
    S::State: Serialize + DeserializeOwned,
{
    let of_now = format!("{name}-{}.txt", S::SCHEMA);
    if std::env::var_os("UPDATE").is_some() && read(&of_now).is_none() {
        let line = |(key, bytes): (Text, Vec<u8>)| {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{key} {hex}\n")
        };
        let text: String = bytes(now).into_iter().map(line).collect();
        std::fs::write(folder().join(&of_now), text).unwrap();
    }
    let written = read(&of_now).unwrap_or_else(|| panic!("no {of_now}: see above how to write it"));
    assert_eq!(
        written,
        bytes(now),
        "{of_now}: other bytes are another schema"
    );
    let mut all = Vec::new();
    for schema in 1..=S::SCHEMA {
        let Some(written) = read(&format!("{name}-{schema}.txt")) else {
            continue;
        };
        let state = |(key, bytes): (Text, Vec<u8>)| {
            let state = match schema == S::SCHEMA {
                true => postcard::from_bytes(&bytes).ok(),
                false => stage.read_former(schema, &bytes),
            };
            (
                key.clone(),
                state.unwrap_or_else(|| panic!("{name}-{schema}: {key}")),
            )
        };
        all.push((schema, written.into_iter().map(state).collect()));
    }
    all
}

#[test]
fn states_of_every_former_schema_are_read_and_go_on_as_if_this_release_had_written_them() {
    let mut meant = Loaded::from_text(CONFIG, "former")
        .unwrap()
        .meant()
        .unwrap();
    // A release that asks for more of a contact, for journey rules, says it once more.
    meant.customers.rules = Default::default();
    meant.contacts.kinds.clear();
    meant.contacts.signals.clear();
    let engine = meant.engine(|| vec![7; 32], None, None).unwrap();
    let written = || {
        let mut all = All::new(&engine);
        all.hear(&SAID);
        all.contacts.said.clear();
        all.handles.said.clear();
        all.customers.said.clear();
        all
    };
    let whole = || {
        let mut all = written();
        all.hear(&LATER);
        (all.contacts.said, all.handles.said, all.customers.said)
    };
    let expected = whole();
    assert!(expected.0.len() > 3 && expected.1.len() > 2 && expected.2.len() > 4);
    let now = written();
    let contacts = read_all(&engine.contacts, "contacts", &now.contacts.states);
    let handles = read_all(&engine.handles, "handles", &now.handles.states);
    let customers = read_all(&engine.customers, "customers", &now.customers.states);
    assert!(
        contacts.len() > 1 && handles.len() > 1,
        "there are former ones"
    );
    let check = |what: String, change: &dyn Fn(&mut All<'_>)| {
        let mut all = written();
        change(&mut all);
        all.hear(&LATER);
        let said = (all.contacts.said, all.handles.said, all.customers.said);
        assert_eq!(said, expected, "{what}");
    };
    for (schema, states) in &contacts {
        assert_eq!(
            bytes(states),
            bytes(&now.contacts.states),
            "contacts, schema {schema}"
        );
        check(format!("contacts, schema {schema}"), &|all| {
            all.contacts.states.clone_from(states);
        });
    }
    for (schema, states) in &handles {
        assert_eq!(
            bytes(states),
            bytes(&now.handles.states),
            "handles, schema {schema}"
        );
        check(format!("handles, schema {schema}"), &|all| {
            all.handles.states.clone_from(states);
        });
    }
    for (schema, states) in &customers {
        assert_eq!(
            bytes(states),
            bytes(&now.customers.states),
            "customers, schema {schema}"
        );
        check(format!("customers, schema {schema}"), &|all| {
            all.customers.states.clone_from(states);
        });
    }
}
