//! Configurations that are right, and what they come to.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use expect_test::expect;
use model::Channel;
use settings::{Identifiers, Loaded, Meant, Place};
use stage_door::{Pseudonymise, StepMatch};
use std::path::Path;

const SMALLEST: &str = "tenant = \"acme\"\ntime_zone = \"Europe/Paris\"\n";

fn meant(rest: &str) -> Meant {
    let loaded = Loaded::from_text(&format!("{SMALLEST}{rest}"), "acme.toml");
    loaded
        .unwrap_or_else(|error| panic!("{error}"))
        .meant()
        .unwrap_or_else(|error| panic!("{error}"))
}

fn reading_names(meant: &Meant) -> Vec<&str> {
    meant
        .customers
        .readings
        .list
        .iter()
        .map(|reading| reading.name.as_str())
        .collect()
}

/// Writes files into a new folder and loads `acme.toml` of it.
fn load_folder(files: &[(&str, &str)], env: &[(&str, &str)]) -> (tempfile::TempDir, Meant) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let loaded = Loaded::from_file(&folder.path().join("acme.toml"), env);
    let meant = loaded.unwrap_or_else(|error| panic!("{error}")).meant();
    (folder, meant.unwrap_or_else(|error| panic!("{error}")))
}

fn with_env(text: &str, env: &[(&str, &str)]) -> Meant {
    load_folder(&[("acme.toml", text)], env).1
}

const FULL: &str = r#"
tenant    = "acme"
time_zone = "Europe/Paris"
country   = "FR"
week      = ["mon", "tue", "wed", "thu", "fri", "sat"]
holidays  = ["2026-12-25", 2026-12-26]
language  = "fr"
currency  = "EUR"
contact_link = "https://crm.example/contacts/{contact_id}"
rules     = ["rules/*.toml"]
headline  = "j+7 assisted any"
readings  = ["j+7 assisted any", "j+2bd written same"]
reason_depth = 8
page_reason_within = "1h"
mail_grace = "1h"
reach = "30d"
future_drift_max = "10min"
contacts_per_customer_max = 10000

[windows]
intraday = { calendar_days = 0 }
"24h"    = { rolling = "24h", from = "start" }
"j+7"    = { calendar_days = 7 }
"j+2bd"  = { business_days = 2 }

[scopes]
written = ["chat", "email"]

[[roles]]
channel = "phone"
outcome = "short"
prior = "none"
follower = false
origin = false

[visits]
inactivity = "30min"
assistance = true
count_steps = ["help", "contact", "account", "failed"]

[channels.chat]
silence = "2h"
short_below = "0s"
answer_within = "15s"

[sources.ivr]
lateness = "5min"
acceptance = "31d"
silence_max = "20min"
brings = ["phone", "delivered"]
rank = 2
join_legs_within = "30s"

[costs.phone]
fixed = 0.40
per_minute = 0.85

[identity]
unique = ["customer_id"]
handles = ["loyalty", "email", "phone", "device"]
contacts_per_day_max = 30
link_life = { device = "30d", default = "400d" }
block = []
secret_file = "secret"
pseudonymise = true

[[policies]]
name = "third-in-seven-days"
version = 1
reading = "j+7 assisted any"
count_min = 3
cool_down = "24h"
channels = ["phone", "written"]

[tables]
reasons = "tables/reasons.csv"
queues = "tables/codes.toml"
dispositions = "tables/codes.toml"
steps = [{ url = "https://shop.example/help/*", event = "help", step = "help" }]
automatic_senders = ["noreply@*"]

[import.acd]
match = "acd-*.csv"
columns = { starts = "started_at", customer = "customer_id" }
values = { outcome = { AGENT = "handled", HANG = "abandoned" } }

[[figures.segments]]
keys = ["reason", "team"]

[kafka]
bootstrap_servers = "localhost:9092"
application_id = "ricochet"
instance = "a"
registry_url = "http://localhost:8081"
[kafka.topics."acme.calls"]
source = "ivr"
format = "canonical-avro"

[http]
listen = "127.0.0.1:8080"
"#;

fn full_folder() -> Vec<(&'static str, &'static str)> {
    vec![
        ("acme.toml", FULL),
        ("rules/b.toml", ""),
        ("rules/a.toml", ""),
        ("rules/below/c.toml", ""),
        ("rules/notes.txt", ""),
        (
            "secret",
            "2:abababababababababababababababababababababababababababababababab\n",
        ),
        (
            "tables/reasons.csv",
            "code;reason;source\nB1;billing/payment;acd\n D1 ; delivery ;\n",
        ),
        (
            "tables/codes.toml",
            "[[queues]]\nqueue = \"Q1\"\nreason = \"billing\"\n\
             [[dispositions]]\ncode = \"W\"\ndisposition = \"sent_to_web\"\n",
        ),
    ]
}

#[test]
fn a_configuration_with_every_key_says_all_of_it() {
    let (folder, meant) = load_folder(&full_folder(), &[]);
    let text = meant
        .describe()
        .replace(&format!("{}/", folder.path().display()), "");
    expect![[r#"
        tenant
          name: acme
          time zone: Europe/Paris
          country: FR
          currency: EUR
          language: fr
          link to a contact: https://crm.example/contacts/{contact_id}
        windows
          intraday: 0 calendar days from the end
          24h: rolling 24h from the start
          j+7: 7 calendar days from the end
          j+2bd: 2 business days from the end
        scopes
          assisted: phone, chat, email, video
          all: phone, chat, email, video, web
          phone: phone
          written: chat, email
        readings
          j+7 assisted any (headline)
          j+2bd written same
          levels of the reason compared: 8
        policies
          third-in-seven-days: version 1, count from 3 in j+7 assisted any, cool-down 24h, channels phone, chat, email
        channels
          phone: ends after 4h of silence, to be answered within 20s
          chat: ends after 2h of silence, to be answered within 15s
          email: ends after 7d of silence (30d without an answer)
          video: ends after 2h of silence, to be answered within 15s
          web: ends after 30min of silence
          a mail after an answer is thanks for: 1h
          visits count with: help, contact, account, failed
        roles before the built-in table
          1: phone short: prior no, follower false, origin false
        customers
          a visit during a call is assistance: true
          a visit lends its reason for: 1h
          contacts kept per customer: 10000
          a login reaches back: 30d
          kept after the anchor: 147d
        costs
          phone: 0.4 + 0.85 a minute
        sources
          ivr: lateness 5min, acceptance 31d, silent after 20min, rank 2, legs joined within 30s, brings phone, delivered
          all others: lateness 5min, acceptance 31d, silent after 20min, rank 0
        identity
          unique: customer_id
          handles: loyalty, email, phone, device
          life of a device: 30d
          life of other handles: 400d
          contacts a day that an identifier may have: 30
          values that mean nobody: 0
          identifiers are: hashed with version 2 of secret
          events from the future beyond: 10min
        tables
          reasons: 2
          queues: 1
          steps: 2
          dispositions: 1
          automatic senders: 1
        files of rules
          rules/a.toml
          rules/b.toml
        journey rules
          web-then-assisted: version 1, built in
          assisted-then-web: version 1, built in
          payment-without-confirmation: version 1, built in
          mail-unanswered: version 1, built in
          mail-chased: version 1, built in
          retry-after-abandon: version 1, built in
          gave-up: version 1, built in
          sent-to-web-and-lost: version 1, built in
          channel-ping-pong: version 1, built in
          handover: version 1, built in
          video-dropped: version 1, built in
          appointment-missed: version 1, built in
          slow-chat: version 1, built in
          transfer-loop: version 1, built in
          promise-broken: version 1, built in
          web-struggle: version 1, built in
          outbound-provoked: version 1, built in
        imports
          acd: acd-*.csv, 2 columns named
        segments of figures
          reason, team: at most 100 values
        kafka
          brokers: localhost:9092
          application: ricochet
          instance: a
          registry: http://localhost:8081
          topic acme.calls: source ivr, canonical-avro
        http
          listens on: 127.0.0.1:8080
        notes
          secret can be read by others than its owner
          no [costs.chat], [costs.email], [costs.video], [costs.web]: the cost of a session or a journey with such a contact is partial
    "#]].assert_eq(&text);
}

#[test]
fn the_smallest_configuration_has_all_defaults() {
    expect![[r#"
        tenant
          name: acme
          time zone: Europe/Paris
          country: none
          currency: EUR
          language: en
          link to a contact: none
        windows
          intraday: 0 calendar days from the end
          24h: rolling 24h from the end
          j+7: 7 calendar days from the end
          j+30: 30 calendar days from the end
        scopes
          assisted: phone, chat, email, video
          all: phone, chat, email, video, web
          phone: phone
        readings
          intraday assisted any
          intraday assisted same
          intraday all any
          intraday all same
          intraday phone any
          intraday phone same
          24h assisted any
          24h assisted same
          24h all any
          24h all same
          24h phone any
          24h phone same
          j+7 assisted any (headline)
          j+7 assisted same
          j+7 all any
          j+7 all same
          j+7 phone any
          j+7 phone same
          j+30 assisted any
          j+30 assisted same
          j+30 all any
          j+30 all same
          j+30 phone any
          j+30 phone same
          levels of the reason compared: all
        policies
          third-in-seven-days: version 1, count from 3 in j+7 assisted any, cool-down 24h
          again-today-same-reason: version 1, count from 2 in intraday assisted same, cool-down 24h
        channels
          phone: ends after 4h of silence, to be answered within 20s
          chat: ends after 2h of silence, to be answered within 15s
          email: ends after 7d of silence (30d without an answer)
          video: ends after 2h of silence, to be answered within 15s
          web: ends after 30min of silence
          a mail after an answer is thanks for: 1h
          visits count with: help, contact, account, failed
        roles before the built-in table
          none
        customers
          a visit during a call is assistance: true
          a visit lends its reason for: 1h
          contacts kept per customer: 10000
          a login reaches back: 30d
          kept after the anchor: 147d
        costs
          none
        sources
          all others: lateness 5min, acceptance 31d, silent after 20min, rank 0
        identity
          unique: customer_id
          handles: loyalty, email, phone, device
          life of a device: 30d
          life of other handles: 400d
          contacts a day that an identifier may have: 30
          values that mean nobody: 0
          identifiers are: hashed with a secret drawn at the start
          events from the future beyond: 10min
        tables
          reasons: 0
          queues: 0
          steps: 0
          dispositions: 0
          automatic senders: 0
        files of rules
          none
        journey rules
          web-then-assisted: version 1, built in
          assisted-then-web: version 1, built in
          payment-without-confirmation: version 1, built in
          mail-unanswered: version 1, built in
          mail-chased: version 1, built in
          retry-after-abandon: version 1, built in
          gave-up: version 1, built in
          sent-to-web-and-lost: version 1, built in
          channel-ping-pong: version 1, built in
          handover: version 1, built in
          video-dropped: version 1, built in
          appointment-missed: version 1, built in
          slow-chat: version 1, built in
          transfer-loop: version 1, built in
          promise-broken: version 1, built in
          web-struggle: version 1, built in
          outbound-provoked: version 1, built in
        imports
          none
        segments of figures
          reason: at most 100 values
          page: at most 100 values
          team: at most 100 values
        kafka
          brokers: localhost:9092
          application: ricochet
          instance: the host name
          registry: none, outputs are JSON
        http
          listens on: 127.0.0.1:8080
        notes
          no identity.secret_file: `replay` and `demo` draw a secret, so that hashes differ from run to run; `run` refuses
          no country: national phone numbers are not read as numbers
          no [costs]: contacts, sessions and alerts carry no cost of their own
    "#]].assert_eq(&meant("").describe());
}

#[test]
fn windows_keep_their_order_their_case_and_their_signs() {
    let meant = meant(
        "[windows]\nz = { calendar_days = 1 }\n\"J+7\" = { calendar_days = 7 }\n\
         \"a.b\" = { rolling = \"90s\" }\n[windows.Mid]\nbusiness_days = 1\nfrom = \"start\"\n",
    );
    let names: Vec<&str> = meant
        .customers
        .readings
        .windows
        .iter()
        .map(|name| name.as_str())
        .collect();
    assert_eq!(names, ["z", "J+7", "a.b", "Mid"]);
    assert_eq!(meant.headline().name, "z assisted any");
    assert_eq!(
        reading_names(&meant)[..7],
        [
            "z assisted any",
            "z assisted same",
            "z all any",
            "z all same",
            "z phone any",
            "z phone same",
            "J+7 assisted any"
        ]
    );
}

#[test]
fn scopes_are_redefined_in_place_and_added_behind() {
    let meant =
        meant("[scopes]\nwritten = [\"email\", \"chat\"]\nphone = [\"phone\", \"video\"]\n");
    let scopes = &meant.customers.readings.scopes;
    let names: Vec<&str> = scopes.iter().map(|scope| scope.name.as_str()).collect();
    assert_eq!(names, ["assisted", "all", "phone", "written"]);
    assert!(scopes[2].channels.contains(Channel::Video));
    assert!(!scopes[2].channels.contains(Channel::Chat));
}

#[test]
fn the_headline_is_one_of_the_readings_that_are_evaluated() {
    let of = |rest| meant(rest).headline().name.to_string();
    assert_eq!(of(""), "j+7 assisted any");
    assert_eq!(of("headline = \"24h all same\"\n"), "24h all same");
    assert_eq!(
        of("readings = [\"j+30 all any\", \"j+7 assisted any\"]\n"),
        "j+7 assisted any"
    );
    assert_eq!(
        of("readings = [\"j+30 all any\", \"intraday assisted any\"]\n"),
        "intraday assisted any"
    );
    assert_eq!(
        of("readings = [\"j+30 all any\", \"24h all any\"]\n"),
        "j+30 all any"
    );
}

#[test]
fn a_default_policy_without_its_reading_is_left_out() {
    let of = |rest| {
        let names = meant(rest)
            .customers
            .policies
            .into_iter()
            .map(|policy| policy.name);
        names.map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(of(""), ["third-in-seven-days", "again-today-same-reason"]);
    assert_eq!(
        of("[windows]\n\"j+7\" = { calendar_days = 7 }\n"),
        ["third-in-seven-days"]
    );
    assert!(of("policies = []\n").is_empty());
    let meant = meant("[windows]\nw = { calendar_days = 7 }\n[[policies]]\nname = \"p\"\n");
    assert_eq!(
        meant.customers.policies[0].reading,
        meant.customers.readings.headline
    );
    assert_eq!(meant.customers.policies[0].count_min, 3);
}

#[test]
fn policies_name_channels_scopes_and_a_least_count() {
    let meant = meant(
        "[scopes]\nwritten = [\"email\"]\n[[policies]]\nreading = \"j+7 all any\"\ncount_min = 1\nchannels = [\"written\", \"web\"]\n",
    );
    let policy = &meant.customers.policies[0];
    assert_eq!((policy.name.as_str(), policy.count_min), ("policy-1", 2));
    let looked_at = Channel::ALL
        .iter()
        .filter(|channel| policy.channels.contains(**channel));
    assert_eq!(
        looked_at.collect::<Vec<_>>(),
        [&Channel::Email, &Channel::Web]
    );
}

#[test]
fn the_environment_replaces_single_keys() {
    let text = format!(
        "{SMALLEST}[windows]\n\"j+7\" = {{ calendar_days = 7 }}\n[sources.IVR]\nrank = 1\n\
         [kafka.topics.\"acme.Calls\"]\nsource = \"IVR\"\n"
    );
    let meant = with_env(
        &text,
        &[
            ("RICOCHET__TENANT", "8"),
            (
                "RICOCHET__KAFKA__BOOTSTRAP_SERVERS",
                "kafka-1:9092,kafka-2:9092",
            ),
            ("RICOCHET__WINDOWS__J_7__FROM", "start"),
            ("RICOCHET__WINDOWS__24H", "{ rolling = \"24h\" }"),
            ("RICOCHET__SOURCES__IVR__LATENESS", "1h30min"),
            ("RICOCHET__SOURCES__CRM__RANK", "-3"),
            (
                "RICOCHET__KAFKA__TOPICS__ACME_CALLS__FORMAT",
                "canonical-avro",
            ),
            ("RICOCHET__VISITS__ASSISTANCE", "false"),
            ("RICOCHET__WEEK", "sun, mon"),
            ("RICOCHET__COSTS__PHONE__FIXED", "2"),
            ("RICOCHET__POLICIES", "[]"),
            ("RICOCHET__HTTP__LISTEN", ""),
            ("RICOCHET_LOG", "debug"),
            ("PATH", "/bin"),
        ],
    );
    assert_eq!(meant.tenant, "8");
    assert_eq!(meant.kafka.bootstrap_servers, "kafka-1:9092,kafka-2:9092");
    assert_eq!(meant.customers.readings.windows, ["j+7", "24h"]);
    assert_eq!(meant.customers.windows[0].anchor, calendar::Anchor::Start);
    assert_eq!(meant.sources.get("IVR").lateness_ms, 5_400_000);
    assert_eq!(meant.sources.get("IVR").rank, 1);
    assert_eq!(meant.sources.get("crm").rank, -3);
    assert_eq!(meant.kafka.topics[0].name, "acme.Calls");
    assert_eq!(meant.kafka.topics[0].format, "canonical-avro");
    assert!(!meant.customers.assistance);
    assert_eq!(
        meant.customers.costs[0].unwrap().fixed,
        model::Money(2_000_000)
    );
    assert!(meant.customers.policies.is_empty());
    assert_eq!(meant.http, None);
}

#[test]
fn sources_without_a_table_have_that_of_default() {
    let meant = meant("[sources.default]\nrank = 4\nlateness = \"1h\"\n[sources.crm]\nrank = 9\n");
    assert_eq!(
        (
            meant.sources.get("crm").rank,
            meant.sources.get("crm").lateness_ms
        ),
        (9, 300_000)
    );
    assert_eq!(
        (
            meant.sources.get("x").rank,
            meant.sources.get("x").lateness_ms
        ),
        (4, 3_600_000)
    );
    let door = meant.door(Vec::new);
    assert_eq!((door.source_default.rank, door.sources["crm"].rank), (4, 9));
    assert!(!door.sources.contains_key("default"));
}

#[test]
fn unique_types_are_no_handles_by_default() {
    let meant = meant("[identity]\nunique = [\"email\"]\nlink_life = { phone = \"10d\" }\n");
    assert_eq!(meant.contacts.handles, ["loyalty", "phone", "device"]);
    assert_eq!(
        meant.handles.link_life_ms,
        [
            ("phone".into(), 864_000_000),
            ("device".into(), 2_592_000_000)
        ]
    );
}

#[test]
fn the_secret_is_of_the_file_or_drawn_or_none() {
    let drawn = meant("");
    assert!(matches!(drawn.identifiers, Identifiers::Drawn));
    let Pseudonymise::Keyed(secret) = drawn.door(|| vec![7; 32]).pseudonymise else {
        panic!()
    };
    assert_eq!(secret.key, vec![7; 32]);

    let plain = meant("[identity]\npseudonymise = false\nsecret_file = \"missing\"\n");
    let never = || -> Vec<u8> { panic!("no secret is needed") };
    assert!(matches!(
        plain.door(never).pseudonymise,
        Pseudonymise::Plain
    ));

    let (_folder, of_file) = load_folder(&full_folder(), &[]);
    let Pseudonymise::Keyed(secret) = of_file.door(never).pseudonymise else {
        panic!()
    };
    assert_eq!((secret.version, secret.key), (2, vec![0xab; 32]));
    assert!(
        !format!("{:?}", of_file.identifiers).contains("171"),
        "the secret is never printed"
    );
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_noted() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "ab".repeat(32)).unwrap();
    let text = format!(
        "{SMALLEST}[identity]\nsecret_file = \"{}\"\n",
        path.display()
    );
    for (mode, noted) in [(0o600, false), (0o640, true), (0o604, true)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let notes = Loaded::from_text(&text, "x")
            .unwrap()
            .meant()
            .unwrap()
            .notes;
        assert_eq!(
            notes.iter().any(|note| note.contains("read by others")),
            noted,
            "{mode:o}"
        );
    }
}

#[test]
fn a_step_row_with_url_and_event_is_two() {
    let (_folder, meant) = load_folder(&full_folder(), &[]);
    let tables = meant.door(Vec::new).tables;
    let matches: Vec<&StepMatch> = tables.steps.iter().map(|row| &row.matches).collect();
    assert_eq!(
        matches,
        [
            &StepMatch::Url("https://shop.example/help/*".into()),
            &StepMatch::Event("help".into())
        ]
    );
    assert_eq!(tables.reasons[1].code, "D1");
    assert_eq!(tables.reasons[1].source, "");
}

#[test]
fn what_is_probably_not_meant_is_noted() {
    let meant = meant(
        "rules = [\"none/*.toml\"]\n[channels.web]\nsilence = \"1h\"\n[channels.email]\n\
         short_below = \"5s\"\n[sources.crm]\nlateness = \"2d\"\nacceptance = \"1d\"\n\
         [windows]\nw = { calendar_days = 7 }\n[[roles]]\nchannel = \"phone\"\n[[roles]]\n\
         channel = \"phone\"\noutcome = \"short\"\n[identity]\npseudonymise = false\n",
    );
    expect![[r#"
        rules[1]: `none/*.toml` names no file
        sources.crm: acceptance 24h is shorter than lateness 2d: verdicts wait for events that are then too late
        identifiers are not pseudonymised: `run` refuses this configuration
        channels.web has no use for silence: visits use visits.inactivity
        channels.email has no use for short_below: it is never inferred
        no country: national phone numbers are not read as numbers
        roles[2] never matches: roles[1] matches all that it does
        no [costs]: contacts, sessions and alerts carry no cost of their own
        the policy third-in-seven-days is left out: `j+7 assisted any` is not evaluated
        the policy again-today-same-reason is left out: `intraday assisted same` is not evaluated"#]].assert_eq(&meant.notes.join("\n"));
}

#[test]
fn others_are_let_in_only_with_a_token_or_a_proxy() {
    let listen = |rest: &str| {
        meant(&format!("[http]\n{rest}"))
            .http
            .unwrap()
            .listen
            .to_string()
    };
    assert_eq!(listen("listen = \"0.0.0.0:9000\"\n"), "127.0.0.1:9000");
    assert_eq!(listen("listen = \"[::]:9000\"\n"), "[::1]:9000");
    assert_eq!(listen("listen = \"localhost:9000\"\n"), "127.0.0.1:9000");
    assert_eq!(
        listen("listen = \"0.0.0.0:9000\"\nproxy_header = \"X-User\"\n"),
        "0.0.0.0:9000"
    );
}

#[test]
fn places_are_told_apart() {
    let place = |path: &str, line| Place::File {
        path: path.into(),
        line,
    };
    assert_eq!(place("a.toml", 3).to_string(), "a.toml:3");
    assert_eq!(place("a.toml", 0).to_string(), "a.toml");
}

#[test]
fn a_missing_file_is_named() {
    let error = Loaded::from_file(Path::new("no/such.toml"), std::iter::empty()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read the configuration no/such.toml: ")
    );
}

#[test]
fn the_built_in_windows_are_the_same_where_the_environment_speaks_of_them() {
    let unsaid = [("RICOCHET__WINDOWS__J_7__CALENDAR_DAYS", "7")];
    let (spoken, silent) = (with_env(SMALLEST, &unsaid), meant(""));
    assert_eq!(spoken.describe(), silent.describe());
    assert_eq!(reading_names(&spoken).len(), 24);
}
