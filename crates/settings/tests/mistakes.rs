//! What is told of a configuration that is wrong.

// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use expect_test::{Expect, expect};
use settings::{Loaded, SettingsError};

const SMALLEST: &str = "tenant = \"acme\"\ntime_zone = \"Europe/Paris\"\n";

fn told(text: &str) -> String {
    match Loaded::from_text(text, "acme.toml") {
        Err(error) => error.to_string(),
        Ok(loaded) => match loaded.meant() {
            Err(problems) => problems.to_string(),
            Ok(_) => "nothing is wrong".to_owned(),
        },
    }
}

/// The smallest configuration, and what stands below it from line 3 on.
fn check(rest: &str, expect: Expect) {
    expect.assert_eq(&told(&format!("{SMALLEST}{rest}")));
}

/// Several configurations, each with what is told of it.
fn check_each(texts: &[&str], expect: Expect) {
    let all = texts
        .iter()
        .map(|rest| told(&format!("{SMALLEST}{rest}")) + "\n");
    expect.assert_eq(&all.collect::<String>());
}

fn check_env(rest: &str, env: &[(&str, &str)], expect: Expect) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.toml");
    std::fs::write(&path, format!("{SMALLEST}{rest}")).unwrap();
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let told = match Loaded::from_file(&path, env) {
        Err(SettingsError::Wrong(problems)) => problems.to_string(),
        Err(error) => error.to_string(),
        Ok(loaded) => loaded
            .meant()
            .map_or_else(|problems| problems.to_string(), |_| "nothing".into()),
    };
    expect.assert_eq(&told.replace(&format!("{}/", folder.path().display()), ""));
}

/// A file `codes.csv` or `codes.toml` as table of that name.
fn check_codes(table: &str, file: &str, text: &str, expect: Expect) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), text).unwrap();
    let path = folder.path().join("acme.toml");
    std::fs::write(&path, format!("{SMALLEST}[tables]\n{table} = \"{file}\"\n")).unwrap();
    let loaded = Loaded::from_file(&path, std::iter::empty()).unwrap();
    let told = loaded
        .meant()
        .map_or_else(|problems| problems.to_string(), |_| "nothing".into());
    expect.assert_eq(&told.replace(&format!("{}/", folder.path().display()), ""));
}

#[test]
fn all_wrong_keys_are_told_at_once() {
    let text = "tenannt = \"acme\"\ntime_zone = 1\nsilence = \"2h\"\nmail_grace = \"1m\"\n\
                language = \"fre\"\nreason_depth = 0\nholidays = [\"2026-02-30\"]\nweek = \"mon\"\n\
                [kafka]\nbootstrap = \"x:1\"\n[channels.fax]\nsilence = \"1h\"\n[visits]\nassistance = \"yes\"\n\
                [costs.phone]\nfixed = -1\n[windows]\nw = 7\n[[policies]]\ncount_min = 1\n";
    expect![[r#"
        acme.toml: tenant: is missing; for example tenant = "acme"
        acme.toml:1: tenannt: unknown key; allowed: tenant, time_zone, country, week, holidays, language, currency, contact_link, rules, headline, readings, reason_depth, page_reason_within, mail_grace, reach, future_drift_max, contacts_per_customer_max, windows, scopes, roles, visits, channels, sources, costs, identity, policies, tables, import, figures, monitor, kafka, http; did you mean `tenant`?
        acme.toml:2: time_zone: found the number 1; allowed: a text that is not empty
        acme.toml:3: silence: unknown key here; there is `channels.CHANNEL.silence`
        acme.toml:4: mail_grace: found `1m`; allowed: a duration such as 15s, 30min, 24h, 7d, from 0s to 7d
        acme.toml:5: language: found `fre`; allowed: en, fr; did you mean `fr`?
        acme.toml:6: reason_depth: found the number 0; allowed: a whole number from 1 to 32
        acme.toml:7: holidays[1]: found `2026-02-30`; allowed: a date such as 2026-12-25
        acme.toml:8: week: found `mon`; allowed: a list
        acme.toml:10: kafka.bootstrap: unknown key; allowed: bootstrap_servers, application_id, instance, registry_url, config, topics
        acme.toml:11: channels.fax: is no channel; allowed: phone, chat, email, video, web
        acme.toml:14: visits.assistance: found `yes`; allowed: true, false
        acme.toml:16: costs.phone.fixed: found the number -1; allowed: a number from 0 to 1000000
        acme.toml:18: windows.w: found the number 7; allowed: a table"#]].assert_eq(&told(text));
}

#[test]
fn what_is_no_toml() {
    check_each(
        &[
            "country = FR\n",
            "[windows\n",
            "country = \"FR\"\ncountry = \"BE\"\n",
            "x",
        ],
        expect![[r#"
            acme.toml:3: no TOML: invalid boolean, expected `false`
            acme.toml:3: no TOML: unclosed table, expected `]`
            acme.toml:4: no TOML: duplicate key
            acme.toml:3: no TOML: key with no value, expected `=`
        "#]],
    );
}

#[test]
fn the_tenant_and_its_calendar() {
    check_each(
        &[
            "country = \"XX\"\ncurrency = \"euro\"\n",
            "week = []\n",
            "contact_link = \"https://crm.example/{customer}\"\n",
            "rules = [\"none.toml\", \"[\"]\n",
        ],
        expect![[r#"
            acme.toml:3: country: found `XX`; allowed: an ISO 3166 code in capitals, such as FR
            acme.toml:4: currency: found `euro`; allowed: three capital letters such as EUR
            acme.toml:3: week: found an empty list; allowed: at least one day
            acme.toml:3: contact_link: found `{customer}`; allowed: {contact_id}, {root_contact_id}, {channel}, {source}
            acme.toml:3: rules[1]: there is no file none.toml
            acme.toml:3: rules[2]: `[` is no glob: unclosed character class; missing ']'
        "#]],
    );
    expect![[r#"
        acme.toml:1: tenant: found `a b`; allowed: letters, digits, `.`, `_`, `-`, at most 64
        acme.toml:2: time_zone: found `Europe/Pari`; allowed: an IANA name such as Europe/Paris; did you mean `Europe/Paris`?"#]].assert_eq(&told("tenant = \"a b\"\ntime_zone = \"Europe/Pari\"\n"));
    expect!["acme.toml:2: time_zone: found `New York`; allowed: an IANA name such as Europe/Paris; did you mean `America/New_York`?"].assert_eq(&told("tenant = \"acme\"\ntime_zone = \"New York\"\n"));
}

#[test]
fn windows_scopes_and_readings() {
    check_each(
        &[
            "[windows]\nnone = {}\n\"two of them\" = { rolling = \"1h\", calendar_days = 1 }\n",
            "[windows]\nw = { rolling = \"0s\", from = \"ende\" }\n",
            "[scopes]\nempty = []\n",
            "[scopes]\nw = [\"fon\"]\n",
            "readings = [\"j+7 asisted any\", \"24h all any\", \"24h all any\"]\n",
            "readings = []\n",
            "readings = [\"24h all any\"]\nheadline = \"j+7 assisted any\"\n",
            "headline = \"j+7 assisted\"\n",
        ],
        expect![[r#"
            acme.toml:4: windows.none: found 0 lengths; allowed: one of rolling, calendar_days, business_days
            acme.toml:5: windows."two of them": allowed: a name of 1 to 40 signs without spaces
            acme.toml:5: windows."two of them": found 2 lengths; allowed: one of rolling, calendar_days, business_days
            acme.toml:4: windows.w.from: found `ende`; allowed: end, start; did you mean `end`?
            acme.toml:4: windows.w.rolling: found `0s`; allowed: a duration such as 15s, 30min, 24h, 7d, from 1ms to 400d
            acme.toml:4: scopes.empty: found an empty list; allowed: at least one channel
            acme.toml:4: scopes.w[1]: found `fon`; allowed: phone, chat, email, video, web
            acme.toml:3: readings[1]: found `j+7 asisted any`, which is not evaluated; allowed: one of the readings, `window scope mode`; did you mean `j+7 assisted any`?
            acme.toml:3: readings[3]: `24h all any` stands twice
            acme.toml:3: readings: found an empty list; allowed: at least one reading
            acme.toml:4: headline: found `j+7 assisted any`, which is not evaluated; allowed: one of the readings, `window scope mode`
            acme.toml:3: headline: found `j+7 assisted`, which is not evaluated; allowed: one of the readings, `window scope mode`; did you mean `j+7 assisted any`?
        "#]],
    );
}

#[test]
fn roles_and_policies() {
    check_each(
        &[
            "[[roles]]\nprior = \"yes\"\noutcome = \"handle\"\n",
            "[[policies]]\nname = \"p\"\nreading = \"j+8 assisted any\"\n",
            "[[policies]]\nname = \"p\"\n[[policies]]\nname = \"p\"\nchannels = [\"fone\"]\nreasons = [\"/a\"]\n",
            "[[policies]]\ncool_down = \"-1h\"\n",
            "[[policies]]\nchannels = []\n[[policies]]\nname = \"policy-1\"\n",
        ],
        expect![[r#"
            acme.toml:4: roles[1].prior: found `yes`; allowed: answered, abandoned, none
            acme.toml:5: roles[1].outcome: found `handle`; allowed: handled, abandoned, short, contained, unanswered, failed; did you mean `handled`?
            acme.toml:5: policies[1].reading: found `j+8 assisted any`, which is not evaluated; allowed: one of the readings, `window scope mode`; did you mean `j+7 assisted any`?
            acme.toml:6: policies[2].name: `p` stands twice
            acme.toml:7: policies[2].channels[1]: found `fone`; allowed: channels and scopes; did you mean `phone`?
            acme.toml:8: policies[2].reasons[1]: reason `/a`; allowed: levels that are not empty, such as billing/payment
            acme.toml:4: policies[1].cool_down: found `-1h`; allowed: a duration such as 15s, 30min, 24h, 7d, from 0s to 400d
            acme.toml:4: policies[1].channels: found an empty list; leave it out for every channel
            acme.toml:6: policies[2].name: `policy-1` stands twice
        "#]],
    );
}

#[test]
fn sources_and_identity() {
    check_each(
        &[
            "[sources.ivr]\nbrings = [\"phone\", \"deliverd\"]\n",
            "[sources.ivr]\nlatenes = \"5min\"\nrank = 1001\n",
            "[identity]\nhandles = [\"email\", \"customer_id\", \"email\"]\n",
            "[identity]\nunique = []\nlink_life = { mail = \"1d\" }\n",
            "[identity]\nunique = [\"Customer\"]\n",
            "[identity]\nsecret_file = \"no-such-file\"\n",
        ],
        expect![[r#"
            acme.toml:4: sources.ivr.brings[2]: found `deliverd`; allowed: phone, chat, email, video, web, notified, delivered, bounced, promised, csat, nps, ces, ordered, churned, compensated, linked, unlinked, erase, marker; did you mean `delivered`?
            acme.toml:4: sources.ivr.latenes: unknown key; allowed: lateness, acceptance, silence_max, brings, rank, join_legs_within; did you mean `lateness`?
            acme.toml:5: sources.ivr.rank: found the number 1001; allowed: a whole number from -1000 to 1000
            acme.toml:4: identity.handles[2]: `customer_id` is unique already; a type is one or the other
            acme.toml:4: identity.handles[3]: `email` stands twice
            acme.toml:4: identity.unique: found an empty list; allowed: at least one type
            acme.toml:5: identity.link_life.mail: `mail` is no type of identifier; allowed: default, customer_id, loyalty, email, phone, device; did you mean `email`?
            acme.toml:4: identity.unique[1]: found `Customer`; allowed: a-z, digits and `_`
            acme.toml:4: identity.secret_file: no-such-file: cannot read: No such file or directory (os error 2)
        "#]],
    );
}

#[test]
fn imports_kafka_and_http() {
    check_each(
        &[
            "[import.acd]\nmach = \"*\"\n",
            "[import.acd]\ncolumns = { a = \"startet_at\", b = \"phone\", c = \"phone\", d = \"team\", e = \"team\" }\n",
            "[import.acd]\nencoding = \"utf-9\"\n",
            "[import.acd]\nmatch = \"[\"\nseparator = \"::\"\ntime_zone = \"Paris\"\n",
            "[import.acd]\nmatch = \"*\"\nvalues = { outcom = { X = \"handled\" }, outcome = { A = \"handeld\" } }\n",
            "[kafka]\nbootstrap_servers = \"kafka\"\napplication_id = \"a b\"\nregistry_url = \"localhost:8081\"\n",
            "[kafka.topics.\"ricochet.alerts\"]\nsource = \"x\"\n",
            "[http]\nlisten = \"8080\"\n",
            "[[figures.segments]]\nkeys = [\"page\", \"site\", \"tier\", \"queue\"]\n",
            "[[figures.segments]]\nkeys = [\"taem\", \"site\", \"site\"]\n",
        ],
        expect![[r#"
            acme.toml:4: import.acd.mach: unknown key; allowed: match, separator, encoding, time_zone, time_format, channel, source, kind, columns, values; did you mean `match`?
            acme.toml:4: import.acd.columns.a: `startet_at` is no field of an event and no type of identifier; did you mean `started_at`?
            acme.toml:4: import.acd.columns.e: column `d` holds team already
            acme.toml:4: import.acd.encoding: found `utf-9`; allowed: a WHATWG name such as utf-8, windows-1252
            acme.toml:4: import.acd.match: `[` is no glob: unclosed character class; missing ']'
            acme.toml:5: import.acd.separator: found `::`; allowed: one ASCII character, or tab
            acme.toml:6: import.acd.time_zone: found `Paris`; allowed: an IANA name such as Europe/Paris
            acme.toml:5: import.acd.values.outcom: `outcom` is no field of an event and no type of identifier; did you mean `outcome`?
            acme.toml:5: import.acd.values.outcome.A: found `handeld`; allowed: handled, abandoned, short, contained, unanswered, failed; did you mean `handled`?
            acme.toml:4: kafka.bootstrap_servers: found `kafka`; allowed: host:port, separated by commas
            acme.toml:5: kafka.application_id: found `a b`; allowed: letters, digits, `.`, `_`, `-`, at most 100
            acme.toml:6: kafka.registry_url: found `localhost:8081`; allowed: a URL that begins with http:// or https://
            acme.toml:3: kafka.topics."ricochet.alerts": is one of our own topics
            acme.toml:4: http.listen: found `8080`; allowed: address:port such as 127.0.0.1:8080, or empty
            acme.toml:4: figures.segments[1].keys: found 4 dimensions; allowed: 1 to 3
            acme.toml:4: figures.segments[1].keys: `site` stands there twice
            acme.toml:4: figures.segments[1].keys: `taem` is no dimension; allowed: channel, source, medium, direction, initiation, outcome, reason, queue, agent, team, site, tier, party, page, step, disposition, identified_by, rank, entry_channel, origin_channel, attributes.NAME; did you mean `team`?
        "#]],
    );
}

#[test]
fn code_tables_in_place() {
    check(
        r#"[tables]
reasons = [
  { source = "acd", code = "B1", reason = "billing" },
  { code = "B1", reason = "billing" },
  { source = "acd", code = "B1", reason = "delivery" },
]
queues = [{ queue = "Q", reason = "billing//payment", team = "x" }]
"#,
        expect![
            "acme.toml:9: tables.queues[1].team: unknown column; allowed: source, queue, reason"
        ],
    );
    check(
        r#"[tables]
reasons = [
  { source = "acd", code = "B1", reason = "billing" },
  { source = "acd", code = "B1", reason = "billing/" },
  { source = "acd", reason = "delivery" },
]
steps = [{ step = "help" }, { url = "x", status = "complete" }, { url = "x" }]
automatic_senders = ["a@*", "a@*"]
"#,
        expect![[r#"
            acme.toml:6: tables.reasons: `B1` of source `acd` stands twice, first at acme.toml:5
            acme.toml:6: tables.reasons: reason `billing/`; allowed: levels that are not empty, such as billing/payment
            acme.toml:7: tables.reasons: a row without code
            acme.toml:9: tables.steps: `x` stands twice, first at acme.toml:9
            acme.toml:9: tables.steps: a row has neither url nor event
            acme.toml:9: tables.steps: status `complete`; allowed: started, failed, completed; did you mean `completed`?
            acme.toml:10: tables.automatic_senders: `a@*` stands twice, first at acme.toml:10"#]],
    );
}

#[test]
fn code_tables_in_files() {
    check_codes(
        "reasons",
        "none.txt",
        "",
        expect!["acme.toml:4: tables.reasons: found none.txt; allowed: a file .csv or .toml"],
    );
    check_codes(
        "reasons",
        "codes.csv",
        "code,resaon\nB1,billing\n",
        expect![[r#"
            codes.csv:1: tables.reasons: column `resaon` is unknown; allowed: source, code, reason
            codes.csv:1: tables.reasons: has no column reason; allowed: source, code, reason"#]],
    );
    check_codes(
        "reasons",
        "codes.csv",
        "source,code,reason\nacd,B1,billing\n\nacd,B1,billing/payment\nacd,,x\nacd,B2,/x\na,b\n",
        expect![[r#"
            codes.csv:4: tables.reasons: `B1` of source `acd` stands twice, first at codes.csv:2
            codes.csv:5: tables.reasons: a row without code
            codes.csv:6: tables.reasons: reason `/x`; allowed: levels that are not empty, such as billing/payment
            codes.csv:7: tables.reasons: 2 cells; allowed: 3"#]],
    );
    check_codes(
        "automatic_senders",
        "codes.csv",
        "sender\na@*\na@*\n",
        expect!["codes.csv:3: tables.automatic_senders: `a@*` stands twice, first at codes.csv:2"],
    );
    check_codes(
        "queues",
        "codes.toml",
        "[[queues]]\nqueue = \"Q1\"\nreason = \"a\"\n\n[[queues]]\nqueue = \"Q1\"\nreason = \"b\"\nteam = \"x\"\n[[other]]\n",
        expect![[r#"
            codes.toml:5: tables.queues: `Q1` stands twice, first at codes.toml:1
            codes.toml:8: tables.queues: unknown column `team`; allowed: source, queue, reason
            codes.toml:9: tables.queues: unknown table `other`; allowed: [[queues]]"#]],
    );
    check_codes(
        "queues",
        "codes.toml",
        "[[reasons]]\ncode = \"x\"\n",
        expect!["codes.toml:1: tables.queues: holds no [[queues]]"],
    );
    check_codes(
        "queues",
        "codes.toml",
        "queues = 1\n= 2\n",
        expect![
            "codes.toml:2: tables.queues: no TOML: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`"
        ],
    );
}

#[test]
fn the_environment() {
    check_env(
        "[sources.a_b]\n[sources.\"a-b\"]\n",
        &[
            ("RICOCHET__KAFKA__BOOTSTRAP_SERVER", "x:1"),
            ("RICOCHET__VISITS__ASSISTANCE", "yes"),
            ("RICOCHET__VISITS", "30min"),
            ("RICOCHET__POLICIES__1__NAME", "x"),
            ("RICOCHET__SOURCES__A_B__RANK", "1"),
            ("RICOCHET__REACH", "30"),
            ("RICOCHET__", ""),
            ("RICOCHET__READINGS", "[\"a\""),
        ],
        expect![[r#"
            environment variable RICOCHET__: "": unknown key
            environment variable RICOCHET__KAFKA__BOOTSTRAP_SERVER: kafka.bootstrap_server: unknown key; did you mean `bootstrap_servers`?
            environment variable RICOCHET__POLICIES__1__NAME: policies: has no keys below it; set it as a whole, in TOML
            environment variable RICOCHET__REACH: reach: found `30`; allowed: a duration such as 15s, 30min, 24h, 7d, from 0s to 400d
            environment variable RICOCHET__READINGS: readings: no TOML: unclosed array, expected `]`
            environment variable RICOCHET__SOURCES__A_B__RANK: sources: `A_B` can mean `a_b` and `a-b`
            environment variable RICOCHET__VISITS: visits: is a table; allowed: a table in TOML, such as { name = ... }
            environment variable RICOCHET__VISITS__ASSISTANCE: visits.assistance: found `yes`; allowed: true, false"#]],
    );
    check_env(
        "",
        &[("RICOCHET__TIME_ZONE", "Paris")],
        expect![
            "environment variable RICOCHET__TIME_ZONE: time_zone: found `Paris`; allowed: an IANA name such as Europe/Paris; did you mean `Europe/Paris`?"
        ],
    );
    check_env(
        "[windows]\n",
        &[("RICOCHET__WINDOWS__W", "{ rolling = 5 }")],
        expect![
            "environment variable RICOCHET__WINDOWS__W: windows.w.rolling: found the number 5; allowed: a duration such as 15s, 30min, 24h, 7d, from 1ms to 400d"
        ],
    );
}
