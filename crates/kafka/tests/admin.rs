//! Topics and groups: made once, compared with the plan, and every finding with what to type.

use kafka::Settings;
use kafka::admin::{AdminError, Finding, From, Made, Plan, Sizes, init, plan, verify};
use model::Millis;
use testbed::{Broker, Certificates, Cluster, topics};
use worker::service::TopicPartition;

fn of(servers: &str, app: &str, sources: &[&str]) -> (Settings, Plan) {
    let sources: Vec<String> = sources.iter().map(|&source| source.to_owned()).collect();
    let sizes = Sizes {
        partitions: Some(3),
        replication: None,
    };
    (Settings::new(servers, app, "a"), plan(app, &sources, sizes))
}

/// The findings but those of the test broker's single replica.
fn findings(settings: &Settings, plan: &Plan) -> Vec<Finding> {
    verify(settings, plan).expect("the broker answers")
}

fn text(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| format!("{finding}\n"))
        .collect()
}

#[test]
fn what_was_made_is_as_it_should_be_and_is_made_once() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let servers = broker.bootstrap_servers();
    topics::create(&servers, "once.calls", 2, &[]);
    topics::produce(
        &servers,
        "once.calls",
        &[(0, "a", Some("1")), (0, "b", Some("2"))],
    );
    let (settings, plan) = of(&servers, "once", &["once.calls"]);
    let before = findings(&settings, &plan);
    assert!(
        before
            .iter()
            .any(|finding| finding.advice == "ricochet topics --config F init"),
        "{before:?}"
    );

    let made = init(&settings, &plan, From::Latest).expect("the broker makes it");
    assert_eq!(made.topics.len(), 17);
    assert_eq!(made.topics[0], ("once.by_contact".to_owned(), 3, 1));
    // Of the sources, of the topic of erasures, and of three topics between stages.
    assert_eq!(made.offsets.len(), 2 + 1 + 3 * 3);
    let first = (
        "once.door".to_owned(),
        TopicPartition::new("once.calls", 0),
        2,
    );
    assert_eq!(made.offsets[0], first);
    assert_eq!(text(&findings(&settings, &plan)), "");

    topics::produce(&servers, "once.calls", &[(0, "c", Some("3"))]);
    let again = init(&settings, &plan, From::Latest).expect("there is nothing to make");
    assert_eq!(again, Made::default(), "no offset is moved");
}

#[test]
fn a_source_begins_where_it_is_told_to() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let servers = broker.bootstrap_servers();
    topics::create(&servers, "begin.calls", 1, &[]);
    for key in ["a", "b", "c"] {
        topics::produce(&servers, "begin.calls", &[(0, key, Some("1"))]);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let rows = topics::read_committed(&servers, "begin.calls");
    topics::delete_before(&servers, "begin.calls", 0, 1);
    let start = |name: &str, from| {
        let (settings, mut plan) = of(&servers, &format!("begin.{name}"), &["begin.calls"]);
        plan.topics.truncate(0);
        plan.groups.truncate(1);
        init(&settings, &plan, from)
            .expect("the broker makes it")
            .offsets[0]
            .2
    };
    assert_eq!(start("a", From::Earliest), 1);
    assert_eq!(start("b", From::Latest), 3);
    assert_eq!(start("c", From::Time(Millis(rows[2].recorded_at_ms))), 2);
    assert_eq!(
        start("d", From::Time(Millis(rows[2].recorded_at_ms + 1))),
        3
    );
}

#[test]
fn a_source_is_never_made() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let (settings, plan) = of(
        &broker.bootstrap_servers(),
        "none",
        &["none.calls", "none.chats"],
    );
    let error = init(&settings, &plan, From::Earliest).unwrap_err();
    let missing = vec!["none.calls".to_owned(), "none.chats".to_owned()];
    assert_eq!(error, AdminError::NoSource(missing));
    let found = text(&findings(&settings, &plan));
    assert!(
        found.starts_with("error: source none.calls: found no such topic"),
        "{found}"
    );
    assert!(
        found.contains("error: none.by_contact: found no such topic"),
        "nothing was made: {found}"
    );
}

#[test]
fn what_would_lose_data_is_an_error_and_the_rest_a_warning() {
    let Some(broker) = Broker::shared() else {
        return;
    };
    let servers = broker.bootstrap_servers();
    topics::create(&servers, "bad.calls", 1, &[("cleanup.policy", "compact")]);
    topics::create(
        &servers,
        "bad.changelog.contacts",
        5,
        &[("cleanup.policy", "delete")],
    );
    topics::create(
        &servers,
        "bad.by_contact",
        3,
        &[("retention.ms", "3600000")],
    );
    topics::create(
        &servers,
        "bad.alerts",
        1,
        &[("max.message.bytes", "8388608")],
    );
    let (settings, plan) = of(&servers, "bad", &["bad.calls"]);
    init(&settings, &plan, From::Earliest).expect("what is missing is made");
    let found = text(&findings(&settings, &plan));
    let line = |start: &str| {
        let line = found.lines().find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("no line `{start}` in\n{found}"))
            .to_owned()
    };
    let expected = format!(
        "error: bad.changelog.contacts: cleanup.policy: found delete, expected compact; \
         kafka-configs.sh --bootstrap-server {servers} --alter --entity-type topics --entity-name \
         bad.changelog.contacts --add-config cleanup.policy=compact"
    );
    assert_eq!(
        line("error: bad.changelog.contacts: cleanup.policy"),
        expected
    );
    line("error: bad.changelog.contacts: partitions: found 5, expected 3, as bad.by_contact");
    line("error: bad.changelog.contacts: max.message.bytes: found 1048588, expected 8388608");
    line("error: bad.by_contact: retention.ms: found 3600000");
    line("warning: bad.alerts: cleanup.policy: found delete, expected compact,delete");
    line("warning: bad.alerts: partitions: found 1, expected 3");
    line("error: bad.alerts: partitions: found 1, expected 3, as bad.changelog.customers");
    line("warning: source bad.calls: cleanup.policy: found compact");
    assert!(
        line("warning: bad.alerts: cleanup.policy").ends_with("cleanup.policy=[compact,delete]")
    );
}

#[test]
fn a_stranger_in_a_group_is_an_error() {
    use kafka::KafkaPort;
    use std::time::Duration;
    use worker::service::{Polled, Port};
    let Some(broker) = Broker::shared() else {
        return;
    };
    let servers = broker.bootstrap_servers();
    topics::create(&servers, "guest.calls", 1, &[]);
    let (settings, plan) = of(&servers, "guest", &["guest.calls"]);
    init(&settings, &plan, From::Earliest).expect("the broker makes it");
    // Ours is no stranger.
    let ours = settings.stage("contacts", &["guest.by_contact".to_owned()]);
    let mut port = KafkaPort::new(ours).unwrap();
    while !matches!(
        port.poll(Duration::from_millis(100)),
        Ok(Polled::Assigned(_))
    ) {}
    assert_eq!(text(&findings(&settings, &plan)), "");
    let _stranger = topics::join(&servers, "guest.door", "guest.calls");
    let found = text(&findings(&settings, &plan));
    assert!(
        found.starts_with("error: group guest.door: member: found stranger"),
        "{found}"
    );
}

#[test]
fn three_brokers_have_three_replicas_of_which_two_count() {
    if !Broker::is_possible() {
        return;
    }
    let mut cluster = Cluster::start();
    let servers = cluster.bootstrap_servers();
    topics::create(&servers, "three.calls", 1, &[]);
    let (settings, plan) = of(&servers, "three", &["three.calls"]);
    let made = init(&settings, &plan, From::Earliest).expect("the brokers make it");
    assert_eq!(made.topics[0], ("three.by_contact".to_owned(), 3, 3));
    assert_eq!(text(&findings(&settings, &plan)), "");
    // One may be away.
    cluster.kill(2);
    topics::produce(&servers, "three.by_contact", &[(0, "a", Some("1"))]);
    assert_eq!(
        topics::read_committed(&servers, "three.by_contact").len(),
        1
    );
}

#[test]
fn a_cluster_that_is_not_there_is_told_from_one_that_says_no() {
    let (settings, plan) = of("127.0.0.1:1", "away", &[]);
    let error = init(&settings, &plan, From::Earliest).unwrap_err();
    assert!(matches!(&error, AdminError::Unreachable { .. }), "{error}");
    let said = error.to_string();
    assert!(
        said.starts_with("no answer from Apache Kafka at 127.0.0.1:1: metadata: "),
        "{said}"
    );
}

/// A user of a broker that asks for passwords.
fn user(broker: &Broker, password: &str) -> (Settings, Plan) {
    let (mut settings, plan) = of(&broker.secured_servers(), "locked", &["locked.calls"]);
    for (name, value) in [
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.username", "app"),
        ("sasl.password", password),
    ] {
        settings
            .librdkafka
            .insert(name.to_owned(), value.to_owned());
    }
    (settings, plan)
}

#[test]
fn a_refused_password_and_a_missing_right_are_told_from_what_is_not_there() {
    if !Broker::is_possible() {
        return;
    }
    let broker = Broker::start_secured(&[("app", "P1")]);
    topics::create(&broker.bootstrap_servers(), "locked.calls", 1, &[]);

    let (settings, plan) = user(&broker, "P2");
    let said = init(&settings, &plan, From::Earliest)
        .unwrap_err()
        .to_string();
    assert!(said.starts_with("no answer from Apache Kafka at"), "{said}");
    assert!(said.contains("uthentication failed"), "{said}");
    assert!(!said.contains("P2"), "{said}");

    let (settings, plan) = user(&broker, "P1");
    let error = init(&settings, &plan, From::Earliest).unwrap_err();
    assert_eq!(error, AdminError::NoRight(vec!["locked.calls".to_owned()]));
    let said = verify(&settings, &plan).map_or_else(|error| error.to_string(), |all| text(&all));
    assert!(
        said.contains("error: locked.calls: found no right to see it"),
        "{said}"
    );
}

/// Settings by librdkafka's names.
fn with(mut settings: Settings, given: &[(&str, &std::path::Path)]) -> Settings {
    for (name, value) in given {
        let value = value.display().to_string();
        settings.librdkafka.insert((*name).to_owned(), value);
    }
    settings
}

#[test]
fn certificates_open_the_way_and_wrong_ones_are_told() {
    if !Broker::is_possible() {
        return;
    }
    let (certificates, others) = (Certificates::make(), Certificates::make());
    let broker = Broker::start_with_certificates(&certificates);
    topics::create(&broker.bootstrap_servers(), "tls.calls", 1, &[]);
    let servers = broker.secured_servers();
    let (settings, plan) = of(&servers, "tls", &["tls.calls"]);
    let settings = with(settings, &[("security.protocol", "SSL".as_ref())]);
    let trusting = |authority: &Certificates| {
        let authority = authority.authority();
        with(settings.clone(), &[("ssl.ca.location", &authority)])
    };
    let showing = |settings: Settings, shown: &Certificates| {
        let (client, key) = (shown.client(), shown.client_key());
        let files = [
            ("ssl.certificate.location", &*client),
            ("ssl.key.location", &*key),
        ];
        with(settings, &files)
    };
    let refused = |settings: &Settings| {
        let error = init(settings, &plan, From::Earliest).unwrap_err();
        assert!(matches!(&error, AdminError::Unreachable { .. }), "{error}");
        error.to_string()
    };

    let said = refused(&showing(trusting(&others), &certificates));
    assert!(said.contains("certificate verify failed"), "{said}");
    let said = refused(&trusting(&certificates));
    assert!(said.contains("alert bad certificate"), "{said}");
    let said = refused(&showing(trusting(&certificates), &others));
    assert!(said.contains("alert certificate unknown"), "{said}");

    let settings = showing(trusting(&certificates), &certificates);
    init(&settings, &plan, From::Earliest).expect("the way is open");
    let door = settings.stage("door", &["tls.calls".to_owned()]);
    let mut port = kafka::KafkaPort::new(door).expect("settings are right");
    copy(&mut port, &broker);
}

/// A record is read and another written, in a transaction.
fn copy(port: &mut kafka::KafkaPort, broker: &Broker) {
    use worker::service::{Outcome, Polled, Port};
    let servers = broker.bootstrap_servers();
    topics::produce(&servers, "tls.calls", &[(0, "a", Some("1"))]);
    let began_at = std::time::Instant::now();
    loop {
        match port.poll(std::time::Duration::from_millis(100)) {
            Ok(Polled::Assigned(given)) => {
                given.iter().for_each(|task| port.start(task, Some(0)));
            }
            Ok(Polled::Records(task, records)) => {
                assert_eq!(records[0].value.as_deref(), Some(&b"1"[..]));
                port.send(&TopicPartition::new("tls.contacts", 0), b"a", Some(b"2"));
                let outcome = port.commit(&[(task, records[0].offset + 1)]);
                assert!(matches!(outcome, Outcome::Committed(_)), "{outcome:?}");
                break;
            }
            polled => assert!(began_at.elapsed().as_secs() < 60, "{polled:?}"),
        }
    }
    let written = topics::read_committed(&servers, "tls.contacts");
    assert_eq!(written.len(), 1);
}

#[test]
fn a_group_at_work_is_given_no_start_offsets() {
    use kafka::KafkaPort;
    use worker::service::{Polled, Port};
    let Some(broker) = Broker::shared() else {
        return;
    };
    let servers = broker.bootstrap_servers();
    topics::create(&servers, "busy.calls", 1, &[]);
    let (settings, plan) = of(&servers, "busy", &["busy.calls"]);
    init(&settings, &plan, From::Earliest).expect("the broker makes it");
    let door = settings.stage("door", &["busy.calls".to_owned()]);
    let mut port = KafkaPort::new(door).unwrap();
    while !matches!(
        port.poll(std::time::Duration::from_millis(100)),
        Ok(Polled::Assigned(_))
    ) {}
    topics::create(&servers, "busy.chats", 1, &[]);
    let (settings, plan) = of(&servers, "busy", &["busy.calls", "busy.chats"]);
    let said = init(&settings, &plan, From::Earliest)
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("start offsets of group busy.door: the group has members")
            && said.contains("15 s"),
        "{said}"
    );
}
