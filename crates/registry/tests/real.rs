//! Against a real registry: what we register, refuse, read and wait for.

#![allow(clippy::unwrap_used)]

use canonical::Decoded;
use registry::{
    Client, Lookup, Opened, Output, RegistryError, Schemas, Standing, prefix, register, subject,
    verify,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testbed::Registry;

const LONG: Duration = Duration::from_secs(30);
const VERDICTS: &str = include_str!("../../../schemas/kafka/verdicts.avsc");
const CONTACTS: &str = include_str!("../../../schemas/output/contacts.avsc");
const PHONE: &str = include_str!("../../../schemas/input/phone.avsc");

/// channel, event_id, kind, occurred_at and contact_id; every other field is null or empty.
fn datum() -> Vec<u8> {
    let mut datum = b"\x00\x0aphone\x00\x04E1\x0eoffered\x80\xb4\xb9\x8d\x95g\x00\x04L1".to_vec();
    datum.resize(datum.len() + 28, 0);
    datum
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

fn client(registry: &Registry) -> Client {
    Client::new(&registry.url()).unwrap()
}

#[test]
fn a_schema_is_registered_once_and_verified_without_writing() {
    let Some(registry) = Registry::shared() else {
        return;
    };
    let client = client(registry);
    let outputs = [
        Output {
            topic: "once.verdicts",
            schema: VERDICTS,
        },
        Output {
            topic: "once.contacts",
            schema: CONTACTS,
        },
    ];
    let before = verify(&client, &outputs).unwrap();
    assert_eq!(before, [Standing::Welcome, Standing::Welcome]);
    assert_eq!(client.latest("once.verdicts-value").unwrap(), None);

    let ids = register(&client, &outputs).unwrap();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(register(&client, &outputs).unwrap(), ids);
    assert_eq!(
        client.register("once.verdicts-value", VERDICTS).unwrap(),
        ids[0]
    );
    let after = verify(&client, &outputs).unwrap();
    assert_eq!(
        after,
        [Standing::Registered(ids[0]), Standing::Registered(ids[1])]
    );
    let (version, text) = client.latest("once.verdicts-value").unwrap().unwrap();
    // A registry may keep the text in an order and with spaces of its own.
    assert_eq!((version, json(&text)), (1, json(VERDICTS)));
    assert_eq!(json(&client.schema(ids[1]).unwrap().text), json(CONTACTS));
    assert_eq!(
        client.compatibility("once.verdicts-value").unwrap(),
        "BACKWARD"
    );
}

#[test]
fn workers_that_start_together_get_the_same_id() {
    let Some(registry) = Registry::shared() else {
        return;
    };
    let ids = std::thread::scope(|scope| {
        let start = || {
            let outputs = [Output {
                topic: "together.contacts",
                schema: CONTACTS,
            }];
            register(&client(registry), &outputs).unwrap()[0]
        };
        let workers: Vec<_> = (0..6).map(|_| scope.spawn(start)).collect();
        let ids = workers.into_iter().map(|worker| worker.join().unwrap());
        ids.collect::<Vec<u32>>()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn a_schema_that_only_adds_is_taken_and_an_incompatible_one_is_refused_with_the_reason() {
    let Some(registry) = Registry::shared() else {
        return;
    };
    let client = client(registry);
    let topic = "change.verdicts";
    let output = |schema| [Output { topic, schema }];
    let first = register(&client, &output(VERDICTS)).unwrap();

    let added = VERDICTS.replace(
        r#"{"name": "readings","#,
        r#"{"name": "note", "type": ["null", "string"], "default": null}, {"name": "readings","#,
    );
    assert_eq!(
        verify(&client, &output(&added)),
        Ok(vec![Standing::Welcome])
    );
    assert_ne!(register(&client, &output(&added)).unwrap(), first);

    let retyped = VERDICTS.replace(
        r#""name": "contact_id", "type": "string""#,
        r#""name": "contact_id", "type": "long""#,
    );
    let demanding = VERDICTS.replace(
        r#"{"name": "readings","#,
        r#"{"name": "weight", "type": "int"}, {"name": "readings","#,
    );
    for (schema, field) in [(&retyped, "contact_id"), (&demanding, "weight")] {
        assert_ne!(schema, VERDICTS);
        let verified = verify(&client, &output(schema)).unwrap_err();
        assert_eq!(register(&client, &output(schema)), Err(verified.clone()));
        let RegistryError::Incompatible {
            subject: found,
            latest,
            why,
        } = &verified
        else {
            panic!("{verified}")
        };
        assert_eq!(
            (found.as_str(), latest.as_str()),
            (&*subject(topic), "its version 2")
        );
        assert!(why.contains(&format!("field {field}")), "{why}");
    }
    let no_schema = verify(&client, &output("{")).unwrap_err();
    assert!(
        matches!(no_schema, RegistryError::Refused { .. }),
        "{no_schema}"
    );
}

#[test]
fn a_framed_record_is_read_by_its_writers_schema_as_a_datum_of_a_file_is() {
    let Some(registry) = Registry::shared() else {
        return;
    };
    let client = Arc::new(client(registry));
    let id = client.register("acme.calls-value", PHONE).unwrap();
    let schemas = Schemas::new(Arc::clone(&client));
    let value = [&prefix(id)[..], &datum()].concat();
    assert!(matches!(schemas.open(&value), Opened::Waiting(None)));
    assert!(matches!(schemas.wait(id, LONG), Lookup::Known(_)));
    let Opened::Datum(schema, found) = schemas.open(&value) else {
        panic!("it is known")
    };
    assert_eq!(found, datum());
    let decoded = schema.reader.decode(found);
    assert_eq!(
        decoded,
        canonical::Reader::new(PHONE).unwrap().decode(&datum())
    );
    assert!(matches!(decoded, Decoded::Event(_)), "{decoded:?}");

    let lookup = schemas.wait(999_999, LONG);
    let Lookup::Unknown(why) = lookup else {
        panic!("{lookup:?}")
    };
    assert!(why.contains("999999"), "{why}");
}

#[test]
fn a_schema_may_name_types_of_others() {
    let Some(registry) = Registry::shared() else {
        return;
    };
    let client = Arc::new(client(registry));
    let mut whole = json(PHONE);
    let fields = whole["fields"].as_array_mut().unwrap();
    let identifiers = fields
        .iter_mut()
        .find(|field| field["name"] == "identifiers")
        .unwrap();
    let mut identifier = identifiers["type"]["items"].take();
    identifier["namespace"] = "acme.shared".into();
    let name = identifier["name"].as_str().unwrap();
    let full_name = format!("acme.shared.{name}");
    identifiers["type"]["items"] = full_name.clone().into();
    client
        .register("acme.shared-value", &identifier.to_string())
        .unwrap();
    let body = serde_json::json!({
        "schema": whole.to_string(),
        "references": [{ "name": full_name, "subject": "acme.shared-value", "version": 1 }],
    });
    let path = format!("{}/subjects/acme.parts-value/versions", registry.url());
    let mut answer = ureq::post(path)
        .content_type("application/json")
        .send(body.to_string())
        .unwrap();
    let answer = json(&answer.body_mut().read_to_string().unwrap());
    let id = u32::try_from(answer["id"].as_u64().unwrap()).unwrap();

    let schemas = Schemas::new(client);
    let lookup = schemas.wait(id, LONG);
    let Lookup::Known(schema) = lookup else {
        panic!("{lookup:?}")
    };
    assert_eq!(schema.written.references.len(), 1);
    let expected = canonical::Reader::new(PHONE).unwrap().decode(&datum());
    assert_eq!(schema.reader.decode(&datum()), expected);
}

#[test]
fn a_registry_that_is_down_is_waited_for_and_what_is_known_is_read_without_it() {
    if !Registry::is_possible() {
        return;
    }
    let mut registry = Registry::down();
    let client = Arc::new(client(&registry));
    let schemas = Schemas::new(Arc::clone(&client));
    // Down at the start.
    let error = client.register("acme.calls-value", PHONE).unwrap_err();
    assert!(
        matches!(error, RegistryError::Unreachable { .. }),
        "{error}"
    );
    assert!(matches!(schemas.wait(1, LONG), Lookup::Unreachable(_)));
    let value = [&prefix(1)[..], &datum()].concat();
    assert!(matches!(schemas.open(&value), Opened::Waiting(Some(_))));
    assert!(schemas.trouble().is_some());

    registry.restart();
    let id = client.register("acme.calls-value", PHONE).unwrap();
    assert!(matches!(until_known(&schemas, id), Lookup::Known(_)));
    assert_eq!(schemas.trouble(), None);

    // Down while we run: another id waits, the known one does not.
    registry.kill();
    assert!(matches!(schemas.lookup(id), Lookup::Known(_)));
    let next = id + 1;
    assert!(matches!(schemas.wait(next, LONG), Lookup::Unreachable(_)));

    registry.restart();
    assert_eq!(client.register("acme.calls-value", PHONE), Ok(id));
    let other = client.register("acme.other-value", CONTACTS).unwrap();
    assert!(matches!(until_known(&schemas, other), Lookup::Known(_)));
}

/// Looks again while the registry is not reached, as a partition that waits does.
fn until_known(schemas: &Schemas, id: u32) -> Lookup {
    let deadline = Instant::now() + LONG;
    loop {
        match schemas.wait(id, LONG) {
            Lookup::Unreachable(_) | Lookup::Unknown(_) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(100));
            }
            lookup => return lookup,
        }
    }
}
