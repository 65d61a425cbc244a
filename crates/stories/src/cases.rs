//! Stories about the page *Cases that a first design gets wrong* of the architecture. Those that need
//! a broker are told where there is one.

use crate::check::{check, check_told};
use crate::rows::Tables;
use crate::ways::Run;
use expect_test::expect;
use worker::Partitions;

#[test]
fn monday_says_one_customer_and_tuesday_another() {
    check_told(
        r#"
        Sun 1 Mar 10:00  phone W handled, customer C1, until 10:06
        Mon 2 Mar 10:00  phone X handled, customer C1, until 10:06
        Mon 2 Mar 12:00  phone Y handled, customer C1, until 12:06
        Tue 3 Mar 09:00  later on: phone X corrected, customer C2
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            Sun 1 Mar 10:00   W (C1)  phone handled: origin, pending until Mon 9 Mar 00:00, provisional
            Mon 2 Mar 10:00   W (C1)  phone handled: origin, repeated by X, provisional by late event
            Mon 2 Mar 10:00   X (C1)  phone handled: repeat, 2nd in the window, 23h 54min after W, 2nd of session W, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 12:00   X (C1)  phone handled: repeat, 2nd in the window, 23h 54min after W, 2nd of session W, repeated by Y, provisional by late event
            Mon 2 Mar 12:00   Y (C1)  phone handled: repeat, 3rd in the window, 1h 54min after X, 3rd of session W, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 12:00   alert third-in-seven-days on Y: 3rd in the window, 3rd of its session, 1h 54min after X, origin W, over phone (raised)
            Tue 3 Mar 09:00   W (C1)  phone handled: origin, repeated by Y, provisional by identity
            Tue 3 Mar 09:00   Y (C1)  phone handled: repeat, 2nd in the window, 1d 1h 54min after W, 2nd of session W, pending until Tue 10 Mar 00:00, provisional by identity
            Tue 3 Mar 09:00   X is C1's no more
            Tue 3 Mar 09:00   alert third-in-seven-days on Y: 3rd in the window, 3rd of its session, 1h 54min after X, origin W, over phone (withdrawn by identity)
            Tue 3 Mar 09:00   X (C2)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Wed 18 Mar 00:00  X (C2)  phone handled: origin, resolved, final by time
            Wed 18 Mar 00:00  W (C1)  phone handled: origin, repeated by Y, final by time
            Wed 18 Mar 00:00  Y (C1)  phone handled: repeat, 2nd in the window, 1d 1h 54min after W, 2nd of session W, resolved, final by time
        "#]],
    );
}

#[test]
fn a_correction_to_another_customer_counts_once() {
    check(
        r#"
        Sun 1 Mar 10:00  phone W handled, customer C1, until 10:06
        Mon 2 Mar 10:00  phone X handled, customer C1, until 10:06
        Mon 2 Mar 12:00  phone Y handled, customer C1, until 12:06
        Tue 3 Mar 09:00  later on: phone X corrected, customer C2
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            W  C1  Sun 1 Mar 10:00  phone handled  | origin, repeated by Y
            X  C2  Mon 2 Mar 10:00  phone handled  | origin, resolved
            Y  C1  Mon 2 Mar 12:00  phone handled  | repeat, 2nd in the window, 1d 1h 54min after W, 2nd of session W, resolved
        "#]],
    );
}

#[test]
fn a_household_number_at_the_start_and_the_customer_id_at_the_end() {
    check(
        r#"
        show: identity
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C2, number 01 99 00 00 01, until 10:06
        Wed 4 Mar 10:00  phone D offered, number 01 99 00 00 01
        Wed 4 Mar 10:01  phone D answered
        Wed 4 Mar 10:09  phone D ended, customer C1
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, by customer_id (unique)  | origin, repeated by D
            B  C2  Tue 3 Mar 10:00  phone handled, by customer_id (unique)  | origin, resolved
            D  C1  Wed 4 Mar 10:00  phone handled, by customer_id (unique)  | repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn a_household_call_moves_when_its_customer_is_known() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C2, number 01 99 00 00 01, until 10:06
        Wed 4 Mar 10:00  phone D offered, number 01 99 00 00 01
        Wed 4 Mar 10:09  phone D ended, customer C1
        "#,
        expect![[r#"
            Mon 2 Mar 10:00  A (C1)                   phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 3 Mar 10:00  B (C2)                   phone handled: origin, pending until Wed 11 Mar 00:00, provisional
            Wed 4 Mar 10:00  D (number +33199000001)  phone open: origin, pending until Thu 12 Mar 00:00, provisional
            Wed 4 Mar 10:09  A (C1)                   phone handled: origin, repeated by D, provisional by identity
            Wed 4 Mar 10:09  D (C1)                   phone abandoned: repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, pending until Thu 12 Mar 00:00, provisional
            Wed 4 Mar 10:09  D is number +33199000001's no more
        "#]],
    );
}

#[test]
fn answered_abandoned_answered() {
    check(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B abandoned, customer C1, until 10:01
        Wed 4 Mar 10:00  phone C handled, customer C1, until 10:06
        Mon 2 Mar 10:00  phone alone abandoned, customer C2, until 10:01
        Mon 2 Mar 11:00  phone unknown handled, until 11:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A        C1            Mon 2 Mar 10:00  phone handled                                 | origin, repeated by B
            alone    C2            Mon 2 Mar 10:00  phone abandoned                               | lost
            unknown  nobody known  Mon 2 Mar 11:00  phone handled, not counted: unknown customer  | undecidable
            B        C1            Tue 3 Mar 10:00  phone abandoned                               | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, retried by C
            C        C1            Wed 4 Mar 10:00  phone handled                                 | repeat, 3rd in the window, 23h 59min after B, 3rd of session A, resolved
            alert third-in-seven-days on C: 3rd in the window, 3rd of its session, 23h 59min after B, origin A, over phone
        "#]],
    );
}

#[test]
fn contacts_that_overlap() {
    check(
        r#"
        Mon 2 Mar 10:00  chat long handled, customer C1, until 11:00
        Mon 2 Mar 10:10  phone inside handled, customer C1, until 10:20
        Mon 2 Mar 10:30  phone next handled, customer C1, until 10:40
        Mon 2 Mar 12:00  phone after handled, customer C1, until 12:10
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            long    C1  Mon 2 Mar 10:00  chat handled   | origin, repeated by inside
            inside  C1  Mon 2 Mar 10:10  phone handled  | repeat, 2nd in the window, during long on another channel, 2nd of session long, repeated by next
            next    C1  Mon 2 Mar 10:30  phone handled  | repeat, 3rd in the window, during long on another channel, 3rd of session long, repeated by after
            after   C1  Mon 2 Mar 12:00  phone handled  | repeat, 4th in the window, 1h after long on another channel, 4th of session long, resolved
            alert third-in-seven-days on next: 3rd in the window, 3rd of its session, no time after long, origin long, over chat, phone
        "#]],
    );
}

#[test]
fn another_matter_in_between() {
    check(
        r#"
        readings: j+7 assisted same
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason x
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06, reason y
        Wed 4 Mar 10:00  phone C handled, customer C1, until 10:06, reason x
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | origin, repeated by C
            B  C1  Tue 3 Mar 10:00  phone handled  | origin, resolved
            C  C1  Wed 4 Mar 10:00  phone handled  | repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, resolved
            alert third-in-seven-days on C: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone, about x, y
        "#]],
    );
}

#[test]
fn days_zero_six_and_twelve() {
    check(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Sun 8 Mar 10:00  phone B handled, customer C1, until 10:06
        Sat 14 Mar 10:00  phone C handled, customer C1, until 10:06
        Wed 25 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00   phone handled  | origin, repeated by B
            B  C1  Sun 8 Mar 10:00   phone handled  | repeat, 2nd in the window, 5d 23h 54min after A, 2nd of session A, repeated by C
            C  C1  Sat 14 Mar 10:00  phone handled  | repeat, 2nd in the window, 5d 23h 54min after B, 3rd of session A, resolved
        "#]],
    );
}

/// Nights without a record change nothing, whether anybody looked at the clock in them or not.
#[test]
fn idle_nights_and_a_replay_on_another_day() {
    let calls = |idle: &str| {
        format!(
            "Mon 2 Mar 10:00  phone A offered, customer C1
             {idle}
             Fri 6 Mar 10:00  phone B handled, customer C1, until 10:06
             Sat 14 Mar 00:00  time passes"
        )
    };
    let nights = "Tue 3 Mar 00:00  time passes
                  Wed 4 Mar 03:00  time passes
                  Thu 5 Mar 04:00  time passes";
    let with: Tables = Run::of(&calls(nights)).one_by_one();
    let without: Tables = Run::of(&calls("")).one_by_one();
    assert_eq!(with, without);
}

#[test]
fn two_thousand_verdicts_are_due_at_the_same_midnight() {
    let customers = 2_000;
    let mut story: String = (0..customers)
        .map(|nth| format!("Mon 2 Mar 10:00  phone A{nth} handled, customer C{nth}, until 10:06\n"))
        .collect();
    story.push_str("Mon 9 Mar 23:59:59.999  phone B handled, customer C7, until 23:59:59.999\n");
    story.push_str("Tue 10 Mar 00:00  phone D handled, customer C8, until 00:00\n");
    let run = Run::of(&story);
    let all: Vec<usize> = (0..run.inputs.len()).collect();
    let partitions = Partitions {
        contacts: 2,
        handles: 1,
        customers: 3,
    };
    let (oracle, live) = (run.oracle(), run.live_at_once(&all, partitions));
    assert_eq!(oracle.difference(&live), None);
    let is_resolved = |row: &&crate::rows::Row| {
        row["verdict"] == "resolved" && crate::words::reading_name(row) == "j+7 assisted any"
    };
    assert_eq!(
        live.verdicts.iter().filter(is_resolved).count(),
        customers - 1
    );
}
