//! Stories about the sections *Bounds, all in event time* and *Bad input*.

use crate::check::check;
use crate::ways::Run;
use expect_test::expect;

#[test]
fn a_customer_with_too_many_contacts_keeps_the_newest() {
    check(
        r#"
        also: contacts_capped, contacts, coverage
        config: contacts_per_customer_max = 2
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06
        Wed 4 Mar 10:00  phone D handled, customer C1, until 10:06
        Wed 4 Mar 12:00  phone E handled, customer C2, until 12:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            B  C1  Tue 3 Mar 10:00  phone handled, capped  | origin, repeated by D
            D  C1  Wed 4 Mar 10:00  phone handled, capped  | repeat, 2nd in the window, 23h 54min after B, 2nd of session B, resolved
            E  C2  Wed 4 Mar 12:00  phone handled          | origin, resolved
            contacts_capped: 1
            contacts: phone 4
            coverage: 1
        "#]],
    );
}

#[test]
fn an_event_older_than_its_log_by_a_month_is_too_late() {
    check(
        r#"
        arrival: live
        also: new
        Mon 2 Mar 09:00  phone A handled, customer C1, until 09:06
        Thu 2 Apr 20:00  phone B handled, customer C1, until 20:06, source other
        Thu 2 Apr 11:00  phone D handled, customer C1, until 11:06
        Mon 2 Mar 10:00  phone E handled, customer C1, until 10:06
        Mon 2 Mar 09:59:59.999  phone F handled, customer C1, until 10:06
        Wed 15 Apr 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 09:00  phone handled  | origin, repeated by E
            E  C1  Mon 2 Mar 10:00  phone handled  | repeat, 2nd in the window, 54min after A, 2nd of session A, resolved
            D  C1  Thu 2 Apr 11:00  phone handled  | origin, repeated by B
            B  C1  Thu 2 Apr 20:00  phone handled  | repeat, 2nd in the window, 8h 54min after D, 2nd of session D, resolved
            new: 4
        "#]],
    );
}

#[test]
fn clocks_that_cannot_be() {
    check(
        r#"
        begins: Mon 2 Mar 12:00
        also: rejected, new
        Sun 31 Dec 1989 10:00  phone A handled, customer C1
        Mon 2 Mar 12:10  phone B handled, customer C1
        Mon 2 Mar 12:10:00.001  phone D handled, customer C1
        Mon 2 Mar 11:00  phone E handled, customer C1, until Fri 6 Mar 11:00
        "#,
        expect![[r#"
            E  C1  Mon 2 Mar 11:00  phone handled  | origin, repeated by B so far
            B  C1  Mon 2 Mar 12:10  phone handled  | repeat, 2nd in the window, during E, 2nd of session E, pending until Tue 10 Mar 00:00
            rejected: impossible_clock 2
            new: 2
        "#]],
    );
}

#[test]
fn nothing_is_looked_at_after_the_end_that_was_asked_for() {
    check(
        r#"
        ends: Wed 4 Mar 00:00
        also: ignored, new
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Wed 4 Mar 00:00  phone B handled, customer C1, until 00:06
        Wed 4 Mar 00:00:00.001  phone D handled, customer C1, until 00:06
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | origin, repeated by B so far
            B  C1  Wed 4 Mar 00:00  phone handled  | repeat, 2nd in the window, 1d 13h 54min after A, 2nd of session A, pending until Thu 12 Mar 00:00
            ignored: after_until 1
            new: 2
        "#]],
    );
}

#[test]
fn records_that_cannot_be_used() {
    check(
        r#"
        also: rejected, ignored, read, decoded, new
        raw: not even JSON
        raw: {"channel": "fax", "event_id": "1", "kind": "contact", "occurred_at": 1772442000000, "contact_id": "A"}
        raw: {"channel": "phone", "event_id": "2", "kind": "contact", "occurred_at": "yesterday", "contact_id": "A"}
        raw: {"channel": "phone", "event_id": "3", "kind": "contact", "occurred_at": 1772442000000}
        raw: {"channel": "phone", "event_id": "4", "kind": "contact", "occurred_at": 1772442000000, "contact_id": 7}
        raw: {"channel": "phone", "event_id": "5", "kind": "contact", "occurred_at": 1772442000000, "contact_id": "A", "outcome": "bored"}
        raw: {"signal": "rumour", "event_id": "6", "occurred_at": 1772442000000}
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, tenant other
        Mon 2 Mar 10:00  phone B handled, customer C1, until 10:06
        "#,
        expect![[r#"
            B  C1  Mon 2 Mar 10:00  phone handled  | origin, pending until Tue 10 Mar 00:00
            rejected: bad_time 1, bad_value 1, missing_field 1, not_json 1, other_tenant 1, unknown_channel 1, wrong_type 1
            ignored: unknown_signal 1
            read: 9
            decoded: 1
            new: 1
        "#]],
    );
}

#[test]
fn a_kind_that_nobody_knows_is_kept_as_activity() {
    check(
        r#"
        show: end
        Mon 2 Mar 10:00  phone A whispered, customer C1
        Mon 2 Mar 10:05  phone A answered
        Mon 2 Mar 10:09  phone A whispered
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:09 (inferred)  | origin, resolved
        "#]],
    );
}

#[test]
fn times_are_read_with_any_offset() {
    check(
        r#"
        raw: {"channel": "phone", "event_id": "1", "kind": "contact", "occurred_at": "2026-03-02T10:00:00+01:00", "contact_id": "A", "identifiers": [{"type": "customer_id", "value": "C1"}]}
        raw: {"channel": "phone", "event_id": "2", "kind": "contact", "occurred_at": "2026-03-02T05:00:00.000-05:00", "contact_id": "B", "identifiers": [{"type": "customer_id", "value": "C1"}]}
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | origin, repeated by B so far
            B  C1  Mon 2 Mar 11:00  phone handled  | repeat, 2nd in the window, 1h after A, 2nd of session A, pending until Tue 10 Mar 00:00
        "#]],
    );
}

/// The longest text in which a planted number might hide: everything that the engine tells.
#[test]
fn a_number_is_found_nowhere_behind_the_door() {
    let run = Run::hashed(
        "Mon 2 Mar 10:00  phone A handled, customer C4711, number 01 99 00 47 11, until 10:06
         Tue 3 Mar 10:00  phone B handled, number 01 99 00 47 11, until 10:06
         Wed 4 Mar 10:00  web - step help, device D4711, url https://shop.example/?mail=x4711@example.org
         Wed 4 Mar 11:00  email m1 received, mail x4711@example.org
         Thu 5 Mar 11:00  signal linked, customer C4711, mail x4711@example.org",
    );
    let inputs: Vec<usize> = (0..run.inputs.len()).collect();
    let everything = format!("{:?} {:?}", run.history(&inputs), run.inputs);
    assert!(
        everything.contains("contact_id"),
        "there is something to look in"
    );
    assert!(!everything.contains("4711"), "{everything}");
}
