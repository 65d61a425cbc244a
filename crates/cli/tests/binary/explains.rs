//! Why a contact was a repeat, in words, with the place of every record.

use crate::case::{Case, SMALL, call, lines, with};
use expect_test::expect;
use serde_json::json;

fn told(case: &Case, whose: &str) -> String {
    let ran = case.run(&format!(
        "explain --config c.toml --input in.jsonl more.jsonl {whose}"
    ));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    ran.out
}

fn case() -> Case {
    let case = Case::new(&format!(
        "{SMALL}[sources.acd]\njoin_legs_within = \"30s\"\n"
    ));
    let transferred = with(
        &call("LEG", "C1", 4, 10),
        json!({"related_contact_ids": ["SECOND"], "event_id": "leg",
               "started_at": "2026-03-03T10:06:00Z", "ended_at": "2026-03-03T10:20:00Z"}),
    );
    let close = |id: &str, minute: u32| {
        let at = format!("2026-03-05T10:{minute:02}:00Z");
        with(
            &call(id, "C2", 5, 10),
            json!({"source": "acd", "occurred_at": at, "started_at": at,
                   "ended_at": format!("2026-03-05T10:{:02}:50Z", minute)}),
        )
    };
    let first = call("FIRST", "C1", 1, 10);
    case.put(
        "in.jsonl",
        lines(&[
            first.clone(),
            call("SECOND", "C1", 3, 10),
            transferred,
            call("ALONE", "C3", 9, 1),
        ]),
    );
    let completes = json!({"channel": "phone", "kind": "qualified", "event_id": "q",
                           "contact_id": "GHOST", "occurred_at": "2026-03-05T10:00:00Z",
                           "reason": "billing"});
    let note = json!({"channel": "phone", "kind": "qualified", "event_id": "q2",
                      "contact_id": "FIRST", "occurred_at": "2026-03-01T10:09:00Z",
                      "reason": "billing/invoice"});
    case.put(
        "more.jsonl",
        lines(&[first, close("A", 0), close("B", 1), completes, note]),
    );
    case
}

#[test]
fn every_record_is_told_with_its_place() {
    let story = told(&case(), "--contact FIRST");
    let said: Vec<&str> = story
        .lines()
        .skip_while(|line| *line != "  What was said")
        .skip(1)
        .take_while(|line| line.starts_with("    "))
        .collect();
    let [record, again, note] = said.as_slice() else {
        panic!("{story}");
    };
    assert!(
        record.contains("(event e-FIRST of default), customer_id:C1"),
        "{record}"
    );
    assert!(record.ends_with("  [in.jsonl:1]"), "{record}");
    assert_eq!(
        *again,
        "    the same again, which changes nothing  [more.jsonl:1]"
    );
    assert!(
        note.ends_with("reason.qualified billing/invoice  [more.jsonl:5]"),
        "{note}"
    );
    assert!(story.contains("the customer came back with SECOND before Mon 9 Mar 2026 00:00:00"));
}

#[test]
fn a_leg_is_told_as_the_contact_that_it_is_part_of() {
    let case = case();
    let story = told(&case, "--contact LEG");
    assert!(
        story.starts_with("Contact SECOND · phone · source default\n"),
        "{story}"
    );
    assert!(
        story.contains("[in.jsonl:2]") && story.contains("[in.jsonl:3]"),
        "{story}"
    );
    assert!(story.contains("2 legs"), "{story}");
    assert_eq!(told(&case, "--contact SECOND"), story);
    let story = told(&case, "--contact B");
    assert!(
        story.starts_with("Contact A · phone · source acd\n"),
        "{story}"
    );
    assert!(
        story.contains("[more.jsonl:2]") && story.contains("[more.jsonl:3]"),
        "{story}"
    );
}

#[test]
fn a_customer_is_told_by_value_or_by_type_and_value() {
    let case = case();
    let story = told(&case, "--customer C1");
    assert!(
        story.starts_with("Customer customer_id:C1: 2 contacts\n"),
        "{story}"
    );
    assert_eq!(told(&case, "--customer customer_id:C1"), story);
    let hashed = Case::new(&SMALL.replace("pseudonymise = false\n", ""));
    hashed.put("in.jsonl", lines(&[call("FIRST", "C1", 1, 10)]));
    hashed.put("more.jsonl", "");
    let story = told(&hashed, "--customer C1");
    assert!(
        story.ends_with("1 contacts\n") || story.contains(": 1 contact\n"),
        "{story}"
    );
    assert!(
        !story.contains("customer_id:C1"),
        "an identifier does not leave the door: {story}"
    );
}

#[test]
fn what_is_not_there_is_said_so() {
    let case = case();
    let explain = "explain --config c.toml --input in.jsonl more.jsonl";
    case.run(&format!("{explain} --contact NOBODY")).refused(
        "ricochet: no accepted record names contact NOBODY; allowed: the id of a contact, a leg or \
         a mail. 0 records were rejected: `ricochet check --input` says why",
    );
    case.run(&format!("{explain} --customer NOBODY")).refused(
        "ricochet: no contact of customer NOBODY; allowed: type:value as in the tables, or the \
         value of a unique identifier (customer_id)",
    );
    let ghost = told(&case, "--contact GHOST");
    assert!(ghost.starts_with("Contact GHOST is none: what was said of it opens no contact.\n"));
    assert!(
        ghost.ends_with("reason.qualified billing  [more.jsonl:4]\n"),
        "{ghost}"
    );
}

#[test]
fn an_answer_by_mail_is_told_with_the_mail_that_it_answers() {
    let case = Case::new(SMALL);
    let mail = |id: &str, kind: &str, hour: u32| {
        json!({"channel": "email", "kind": kind, "event_id": format!("e-{id}"), "contact_id": id,
               "thread_id": "T", "occurred_at": format!("2026-03-02T{hour:02}:00:00Z"),
               "identifiers": [{"type": "email", "value": "c1@example.org"}]})
    };
    case.put(
        "in.jsonl",
        lines(&[mail("M1", "received", 9), mail("M2", "sent", 11)]),
    );
    case.put("more.jsonl", lines(&[mail("M3", "received", 15)]));
    for id in ["M1", "M3"] {
        let story = told(&case, &format!("--contact {id}"));
        assert!(
            story.starts_with(&format!("Contact {id} · email")),
            "{story}"
        );
        assert_eq!(story.matches("Contact ").count(), 1, "{story}");
    }
    let story = told(&case, "--contact M2");
    assert!(story.contains("Contact M1 · email"), "{story}");
    assert!(
        story.contains("email sent (event e-M2 of default)"),
        "{story}"
    );
}

#[test]
fn a_check_says_what_a_sample_holds_and_what_policies_would_have_told() {
    let case = case();
    let ran = case.run("check --config c.toml --input in.jsonl more.jsonl --against in.jsonl");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out.contains("\nThe configuration can be used.\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("\nThe sample holds 9 records.\n"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("Against 8 days of history"), "{}", ran.out);
}

#[test]
fn a_wrap_up_that_found_no_contact_says_so() {
    let case = Case::new(SMALL);
    let mail = |event: &str, kind: &str, hour: u32, thread: serde_json::Value| {
        let mail = json!({
            "channel": "email", "kind": kind, "event_id": event, "contact_id": "M1",
            "occurred_at": format!("2026-03-01T{hour:02}:00:00Z"), "thread_id": thread,
            "identifiers": [{"type": "customer_id", "value": "C1"}],
        });
        with(&mail, json!({}))
    };
    let records = [
        mail("e1", "received", 10, json!("T1")),
        mail("e2", "qualified", 11, json!("T1")),
        mail("e3", "qualified", 12, json!(null)),
    ];
    case.put("in.jsonl", lines(&records));
    let ran = case.run("explain --config c.toml --input in.jsonl --contact M1");
    let waits =
        " — not used: it waits for a contact that has not appeared under its own thread and id";
    let waiting: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.contains(waits))
        .collect();
    assert_eq!(waiting.len(), 1, "{}", ran.out);
    assert!(waiting[0].contains("event e3 of"), "{}", ran.out);
    case.replay("in.jsonl", "out", "");
    assert_eq!(case.summary("out")["incomplete"], 1);
}

/// A customer who paid and asked, one who was told in time, one who did not ask in time, and a mail.
fn journeys(language: &str) -> Case {
    let case = Case::new(&format!("language = \"{language}\"\n{SMALL}"));
    let paid = |id: &str, customer: &str| {
        json!({"channel": "web", "kind": "step", "event_id": format!("e-{id}"), "contact_id": id,
               "occurred_at": "2026-03-02T10:00:00Z", "step": "payment",
               "step_status": "completed", "page": "Pay",
               "identifiers": [{"type": "customer_id", "value": customer}]})
    };
    let confirmed = json!({"signal": "delivered", "event_id": "s1", "source": "mailer",
                           "occurred_at": "2026-03-02T10:10:00Z",
                           "identifiers": [{"type": "customer_id", "value": "C2"}]});
    let mail = json!({"channel": "email", "kind": "received", "event_id": "e-M1",
                      "contact_id": "M1", "thread_id": "T", "occurred_at": "2026-03-04T10:00:00Z",
                      "identifiers": [{"type": "customer_id", "value": "C4"}]});
    let records = [
        paid("V1", "C1"),
        call("P1", "C1", 2, 11),
        paid("V2", "C2"),
        confirmed,
        call("P2", "C2", 2, 11),
        paid("V3", "C3"),
        call("P3", "C3", 4, 11),
        mail,
    ];
    case.put("in.jsonl", lines(&records));
    case.put("more.jsonl", "");
    case
}

/// The sections about journeys of a story.
fn of_journeys(story: &str) -> String {
    let mut is_about = false;
    let mut text = String::new();
    for line in story.lines() {
        is_about = line == "  Journeys" || (is_about && line.starts_with("    "));
        if is_about && line.starts_with("    ") {
            text.push_str(&line[4..]);
            text.push('\n');
        }
    }
    text
}

#[test]
fn a_journey_is_told_step_by_step() {
    let case = journeys("en");
    let broken = told(&case, "--contact V1");
    expect![[r#"
        payment-without-confirmation (version 1): Paid, got no confirmation, had to ask
          1. (paid) Mon 2 Mar 2026 11:00:00  visit V1, step payment completed, page Pay
          2. (confirm) nothing came up to Mon 2 Mar 2026 11:10:00, and that was the bound
          3. (asked) Mon 2 Mar 2026 12:00:00  call P1
          Broken since Mon 2 Mar 2026 12:00:00: alert 92e6abe0bfbc33a710c5f14474e41aa8
        channel-ping-pong (version 1): Three channels for one reason
          1. (first) Mon 2 Mar 2026 11:00:00  visit V1
          2. (second) it has not come yet; it counts up to Mon 9 Mar 2026 23:59:59
             The rule says: Then, no later than 7 calendar days after the day of the end of “first”, comes a contact, whose direction is inbound, whose initiation is not transfer or scheduled, where what the agent did is not “handover”, with the same reason as “first”, with another channel than “first”.
          3. (third) nothing yet: a step before it has not come
          Open: not decided yet
        web-struggle (version 1): Struggles on the web site now
          1. (visit) Mon 2 Mar 2026 11:00:00  visit V1
          2. (struggles) it did not come: the contact in which it had to be ended Mon 2 Mar 2026 11:00:00
             The rule says: Then comes one of these: a step of a visit, on web, failed, without waiting for the end of the contact, at least 2 times in one contact; or the step “help”, on web, without waiting for the end of the contact, at least 3 times in one contact, in the very contact of “visit”.
          Not broken: (struggles) did not come
    "#]].assert_eq(&of_journeys(&broken));
    let as_follower = told(&case, "--contact P1");
    assert!(
        of_journeys(&as_follower).contains("3. (asked) "),
        "{as_follower}"
    );
    let confirmed = told(&case, "--contact V2");
    expect![[r#"
        payment-without-confirmation (version 1): Paid, got no confirmation, had to ask
          1. (paid) Mon 2 Mar 2026 11:00:00  visit V2, step payment completed, page Pay
          2. (confirm) it must not come, and did: Mon 2 Mar 2026 11:10:00  signal delivered (event s1)
             The rule says: And there is not, within 10min after the end of “paid”, the signal “delivered”.
          3. (asked) Mon 2 Mar 2026 12:00:00  call P2
          Not broken: (confirm) came; an alert that was raised before that was known is withdrawn
        channel-ping-pong (version 1): Three channels for one reason
          1. (first) Mon 2 Mar 2026 11:00:00  visit V2
          2. (second) it has not come yet; it counts up to Mon 9 Mar 2026 23:59:59
             The rule says: Then, no later than 7 calendar days after the day of the end of “first”, comes a contact, whose direction is inbound, whose initiation is not transfer or scheduled, where what the agent did is not “handover”, with the same reason as “first”, with another channel than “first”.
          3. (third) nothing yet: a step before it has not come
          Open: not decided yet
        web-struggle (version 1): Struggles on the web site now
          1. (visit) Mon 2 Mar 2026 11:00:00  visit V2
          2. (struggles) it did not come: the contact in which it had to be ended Mon 2 Mar 2026 11:00:00
             The rule says: Then comes one of these: a step of a visit, on web, failed, without waiting for the end of the contact, at least 2 times in one contact; or the step “help”, on web, without waiting for the end of the contact, at least 3 times in one contact, in the very contact of “visit”.
          Not broken: (struggles) did not come
    "#]].assert_eq(&of_journeys(&confirmed));
    let too_late = told(&case, "--contact V3");
    expect![[r#"
        payment-without-confirmation (version 1): Paid, got no confirmation, had to ask
          1. (paid) Mon 2 Mar 2026 11:00:00  visit V3, step payment completed, page Pay
          2. (confirm) nothing came up to Mon 2 Mar 2026 11:10:00, and that was the bound
          3. (asked) it did not come up to Wed 4 Mar 2026 11:00:00
             The rule says: Then, within 48h after the end of “paid”, comes a contact, on an assisted channel, whose direction is inbound.
          Not broken: (asked) did not come
        channel-ping-pong (version 1): Three channels for one reason
          1. (first) Mon 2 Mar 2026 11:00:00  visit V3
          2. (second) it has not come yet; it counts up to Mon 9 Mar 2026 23:59:59
             The rule says: Then, no later than 7 calendar days after the day of the end of “first”, comes a contact, whose direction is inbound, whose initiation is not transfer or scheduled, where what the agent did is not “handover”, with the same reason as “first”, with another channel than “first”.
          3. (third) nothing yet: a step before it has not come
          Open: not decided yet
        web-struggle (version 1): Struggles on the web site now
          1. (visit) Mon 2 Mar 2026 11:00:00  visit V3
          2. (struggles) it did not come: the contact in which it had to be ended Mon 2 Mar 2026 11:00:00
             The rule says: Then comes one of these: a step of a visit, on web, failed, without waiting for the end of the contact, at least 2 times in one contact; or the step “help”, on web, without waiting for the end of the contact, at least 3 times in one contact, in the very contact of “visit”.
          Not broken: (struggles) did not come
    "#]].assert_eq(&of_journeys(&too_late));
    let open = told(&case, "--customer C4");
    expect![[r#"
        mail-unanswered (version 1): Mail without an answer for two working days
          1. (mail) Wed 4 Mar 2026 11:00:00  mail M1
          2. (answer) nothing has come yet; it may up to Sun 8 Mar 2026 23:59:59
          Open: not decided yet
        mail-chased (version 1): Came back before the mail was answered
          1. (mail) Wed 4 Mar 2026 11:00:00  mail M1
          2. (answer) nothing yet: a step before it has not come
          3. (came) it has not come yet; it counts up to Fri 3 Apr 2026 23:59:59
             The rule says: Then, no later than 30 calendar days after the day of the start of “mail”, comes a contact, whose direction is inbound, which counts as coming back.
          Open: not decided yet
        channel-ping-pong (version 1): Three channels for one reason
          1. (first) Wed 4 Mar 2026 11:00:00  mail M1
          2. (second) it has not come yet; how long that counts is not known yet
             The rule says: Then, no later than 7 calendar days after the day of the end of “first”, comes a contact, whose direction is inbound, whose initiation is not transfer or scheduled, where what the agent did is not “handover”, with the same reason as “first”, with another channel than “first”.
          3. (third) nothing yet: a step before it has not come
          Open: not decided yet
    "#]].assert_eq(&of_journeys(&open));
}

#[test]
fn a_journey_is_told_in_french() {
    let case = journeys("fr");
    expect![[r#"
        payment-without-confirmation (version 1) : A payé, n'a pas reçu de confirmation, a dû demander
          1. (paid) lun. 2 mars 2026 11:00:00  visite V2, étape payment completed, page Pay
          2. (confirm) elle ne doit pas venir, et elle est venue : lun. 2 mars 2026 11:10:00  signal delivered (événement s1)
             La règle dit : Et il n'y a pas, dans les 10min après la fin de « paid » : le signal « delivered ».
          3. (asked) lun. 2 mars 2026 12:00:00  appel P2
          Non rompu : (confirm) est venue ; une alerte donnée avant qu'on le sache est retirée
        channel-ping-pong (version 1) : Trois canaux pour un même motif
          1. (first) lun. 2 mars 2026 11:00:00  visite V2
          2. (second) pas encore venue ; elle compte jusqu'au lun. 9 mars 2026 23:59:59
             La règle dit : Puis, au plus tard 7 jours calendaires après le jour qui porte la fin de « first », vient un contact, dont le sens est entrant, dont l'initiative n'est pas un transfert ou un rendez-vous, où ce qu'a fait le conseiller n'est pas « handover », avec le même motif que « first », avec un autre canal que « first ».
          3. (third) rien encore : une étape précédente n'est pas venue
          Ouvert : pas encore décidé
        web-struggle (version 1) : En difficulté sur le site en ce moment
          1. (visit) lun. 2 mars 2026 11:00:00  visite V2
          2. (struggles) elle n'est pas venue : le contact où elle devait être a fini lun. 2 mars 2026 11:00:00
             La règle dit : Puis vient l'un de ceux-ci : une étape d'une visite, par le web, en échec, sans attendre la fin du contact, au moins 2 fois dans un même contact; ou l'étape web « help », par le web, sans attendre la fin du contact, au moins 3 fois dans un même contact, dans le contact même de « visit ».
          Non rompu : (struggles) n'est pas venue
        assisted-then-web (version 1) : A vérifié sur le site après la réponse
          1. (answered) lun. 2 mars 2026 12:00:00  appel P2
          2. (looked) elle n'est pas venue jusqu'au mar. 3 mars 2026 12:05:00
             La règle dit : Puis, dans les 24h après la fin de « answered », vient l'étape web « account », par le web, qui compte comme un retour, au moins une fois dans un même contact.
          Non rompu : (looked) n'est pas venue
        channel-ping-pong (version 1) : Trois canaux pour un même motif
          1. (first) lun. 2 mars 2026 12:00:00  appel P2
          2. (second) pas encore venue ; elle compte jusqu'au lun. 9 mars 2026 23:59:59
             La règle dit : Puis, au plus tard 7 jours calendaires après le jour qui porte la fin de « first », vient un contact, dont le sens est entrant, dont l'initiative n'est pas un transfert ou un rendez-vous, où ce qu'a fait le conseiller n'est pas « handover », avec le même motif que « first », avec un autre canal que « first ».
          3. (third) rien encore : une étape précédente n'est pas venue
          Ouvert : pas encore décidé
        transfer-loop (version 1) : Transféré deux fois ou plus
          1. (contact) lun. 2 mars 2026 12:00:00  appel P2
          2. (passed-on) elle n'est pas venue : le contact où elle devait être a fini lun. 2 mars 2026 12:05:00
             La règle dit : Puis vient un contact, par téléphone, chat ou vidéo, avec un nombre d'interlocuteurs d'au moins 3, dans le contact même de « contact ».
          Non rompu : (passed-on) n'est pas venue
    "#]].assert_eq(&of_journeys(&told(&case, "--customer C2")));
}

/// Somebody calls twice a day for some days, and somebody else once.
fn history_of_calls() -> Case {
    let rules = "[[rule]]\nname = \"again-at-once\"\nsteps = [\n\
                 { name = \"first\", channel = \"phone\" },\n\
                 { name = \"again\", channel = \"phone\", within = \"2h\" },\n]\n";
    let case = Case::new(
        &SMALL
            .replace("policies = []\n", "")
            .replace("[identity]", "rules = [\"rules.toml\"]\n[identity]"),
    );
    case.put("rules.toml", rules);
    let day = |day: u32| {
        let at = |hour: u32| call(&format!("P{day}-{hour}"), "C1", day, hour);
        [at(10), at(11)]
    };
    let mut records: Vec<_> = (2..6).flat_map(day).collect();
    records.push(call("ALONE", "C2", 3, 10));
    case.put("in.jsonl", lines(&records));
    case
}

#[test]
fn a_check_says_what_a_rule_would_have_told_and_what_others_told_anyway() {
    let case = history_of_calls();
    let against = |only: &str| {
        let ran = case.run(&format!("check --config c.toml --against in.jsonl {only}"));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let (_, told) = ran.out.split_once("\nAgainst ").unwrap();
        let (head, told) = told.split_once(" in ").unwrap();
        format!("{head}\n{}", told.split_once('\n').unwrap().1)
    };
    let tried = against("--only again-at-once third-in-seven-days");
    expect![[r#"
        3 days of history, 9 contacts,
          third-in-seven-days (version 1): 3 alerts, 1.0 a day; 100.0 % of them overlap with others: again-at-once 3
            Wed 4 Mar 2026 11:00:00  phone P4-10 of customer_id:C1: contact number 5 in the window, 22h55min after P3-11; phone
            Thu 5 Mar 2026 11:00:00  phone P5-10 of customer_id:C1: contact number 7 in the window, 22h55min after P4-11; phone
            Tue 3 Mar 2026 11:00:00  phone P3-10 of customer_id:C1: contact number 3 in the window, 22h55min after P2-11; phone
          again-at-once (version 1): 4 broken journeys, 1.3 a day; 75.0 % of them overlap with others: third-in-seven-days 3
            customer_id:C1
              1. (first) Tue 3 Mar 2026 11:00:00  call P3-10
              2. (again) Tue 3 Mar 2026 12:00:00  call P3-11
              Broken since Tue 3 Mar 2026 12:00:00: alert 1b378283827496ea8378897173e470e1
            customer_id:C1
              1. (first) Mon 2 Mar 2026 11:00:00  call P2-10
              2. (again) Mon 2 Mar 2026 12:00:00  call P2-11
              Broken since Mon 2 Mar 2026 12:00:00: alert 28c588483625c5c25c4a669cb48e0fcb
            customer_id:C1
              1. (first) Wed 4 Mar 2026 11:00:00  call P4-10
              2. (again) Wed 4 Mar 2026 12:00:00  call P4-11
              Broken since Wed 4 Mar 2026 12:00:00: alert 6b36fb940a9be71cdd32d3e499a36c72
            customer_id:C1
              1. (first) Thu 5 Mar 2026 11:00:00  call P5-10
              2. (again) Thu 5 Mar 2026 12:00:00  call P5-11
              Broken since Thu 5 Mar 2026 12:00:00: alert f13b38619e616146893b8546b9d06fb0
    "#]].assert_eq(&tried);
    let all = against("");
    assert!(
        all.contains("\n  transfer-loop (version 1): 0 broken journeys, 0.0 a day\n"),
        "{all}"
    );
    assert!(
        all.ends_with("`--only NAME` shows examples of one of the built-in rules.\n"),
        "{all}"
    );
    case.run("check --config c.toml --against in.jsonl --only agin-at-once")
        .refused(
            "ricochet: --only agin-at-once: no rule or policy is called so; allowed: web-then-assisted, assisted-then-web, payment-without-confirmation, mail-unanswered, mail-chased, retry-after-abandon, gave-up, sent-to-web-and-lost, channel-ping-pong, handover, video-dropped, appointment-missed, slow-chat, transfer-loop, promise-broken, web-struggle, outbound-provoked, again-at-once, third-in-seven-days; did you mean `again-at-once`?",
        );
}
