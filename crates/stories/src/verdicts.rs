//! Stories about the section *Verdicts*: what became of a contact, and when that is said.

use crate::check::{check, check_told};
use expect_test::expect;

#[test]
fn every_verdict_that_there_is() {
    check(
        r#"
        readings: j+7 assisted any; j+7 assisted same
        also: figures
        Mon 2 Mar 10:00  phone repeated handled, customer C1, until 10:06, reason billing
        Tue 3 Mar 10:00  phone resolved handled, customer C1, until 10:06, reason billing
        Mon 2 Mar 10:00  phone retried abandoned, customer C2, until 10:01, reason billing
        Tue 3 Mar 10:00  phone lost abandoned, customer C2, until 10:01, reason billing
        Mon 2 Mar 10:00  phone ineligible handled, customer C3, until 10:01, outbound, reason billing
        Mon 2 Mar 10:00  phone undecidable handled, until 10:01, reason billing
        Mon 2 Mar 10:00  phone nobody abandoned, until 10:01, outbound
        Wed 18 Mar 10:00  phone pending handled, customer C4, until 10:01, reason billing
        Wed 18 Mar 12:00  time passes
        "#,
        expect![[r#"
            ineligible   C3            Mon 2 Mar 10:00   phone outbound handled, not counted: outbound
                j+7 assisted any: ineligible
                j+7 assisted same: ineligible
            nobody       nobody known  Mon 2 Mar 10:00   phone outbound abandoned, not counted: outbound
                j+7 assisted any: ineligible
                j+7 assisted same: ineligible
            repeated     C1            Mon 2 Mar 10:00   phone handled
                j+7 assisted any: origin, repeated by resolved
                j+7 assisted same: origin, repeated by resolved
            retried      C2            Mon 2 Mar 10:00   phone abandoned
                j+7 assisted any: retried by lost
                j+7 assisted same: retried by lost
            undecidable  nobody known  Mon 2 Mar 10:00   phone handled, not counted: unknown customer
                j+7 assisted any: undecidable
                j+7 assisted same: undecidable
            lost         C2            Tue 3 Mar 10:00   phone abandoned
                j+7 assisted any: retry, 2nd in the window, 23h 59min after retried, 2nd of session retried, lost
                j+7 assisted same: retry, 2nd in the window, 23h 59min after retried, 2nd of session retried, lost
            resolved     C1            Tue 3 Mar 10:00   phone handled
                j+7 assisted any: repeat, 2nd in the window, 23h 54min after repeated, 2nd of session repeated, resolved
                j+7 assisted same: repeat, 2nd in the window, 23h 54min after repeated, 2nd of session repeated, resolved
            pending      C4            Wed 18 Mar 10:00  phone handled
                j+7 assisted any: origin, pending until Thu 26 Mar 00:00
                j+7 assisted same: origin, pending until Thu 26 Mar 00:00
            j+7 assisted any: 5 followers, 1 repeats, 1 retries, 0 of 1 origins resolved, 1 lost
            j+7 assisted same: 5 followers, 1 repeats, 1 retries, 0 of 1 origins resolved, 1 lost
        "#]],
    );
}

#[test]
fn nobody_comes_back_until_the_window_has_passed() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 9 Mar 23:59:59  time passes
        Tue 10 Mar 00:00  time passes
        "#,
        expect![[r#"
            Mon 2 Mar 10:00   A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 10 Mar 00:00  A (C1)  phone handled: origin, resolved, final by time
        "#]],
    );
}

#[test]
fn the_customer_comes_back_and_comes_back() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Thu 5 Mar 09:30  phone B handled, customer C1, until 09:40
        Fri 6 Mar 09:30  phone D handled, customer C1, until 09:40
        Tue 10 Mar 00:00  time passes
        Fri 13 Mar 00:00  time passes
        Sat 14 Mar 00:00  time passes
        "#,
        expect![[r#"
            Mon 2 Mar 10:00   A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Thu 5 Mar 09:30   A (C1)  phone handled: origin, repeated by B, provisional by late event
            Thu 5 Mar 09:30   B (C1)  phone handled: repeat, 2nd in the window, 2d 23h 24min after A, 2nd of session A, pending until Fri 13 Mar 00:00, provisional
            Fri 6 Mar 09:30   B (C1)  phone handled: repeat, 2nd in the window, 2d 23h 24min after A, 2nd of session A, repeated by D, provisional by late event
            Fri 6 Mar 09:30   D (C1)  phone handled: repeat, 3rd in the window, 23h 50min after B, 3rd of session A, pending until Sat 14 Mar 00:00, provisional
            Fri 6 Mar 09:30   alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 50min after B, origin A, over phone (raised)
            Tue 10 Mar 00:00  A (C1)  phone handled: origin, repeated by B, final by time
            Fri 13 Mar 00:00  B (C1)  phone handled: repeat, 2nd in the window, 2d 23h 24min after A, 2nd of session A, repeated by D, final by time
            Sat 14 Mar 00:00  D (C1)  phone handled: repeat, 3rd in the window, 23h 50min after B, 3rd of session A, resolved, final by time
        "#]],
    );
}

#[test]
fn a_late_call_revises_a_final_verdict() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 10 Mar 12:00  time passes
        Thu 5 Mar 09:30  phone B handled, customer C1, until 09:40
        Fri 13 Mar 00:00  time passes
        "#,
        expect![[r#"
            Mon 2 Mar 10:00   A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 10 Mar 12:00  A (C1)  phone handled: origin, resolved, final by time
            Tue 10 Mar 12:00  A (C1)  phone handled: origin, repeated by B, revised by late event
            Tue 10 Mar 12:00  B (C1)  phone handled: repeat, 2nd in the window, 2d 23h 24min after A, 2nd of session A, pending until Fri 13 Mar 00:00, provisional
            Fri 13 Mar 00:00  B (C1)  phone handled: repeat, 2nd in the window, 2d 23h 24min after A, 2nd of session A, resolved, final by time
        "#]],
    );
}

#[test]
fn a_correction_revises_a_final_verdict() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 10 Mar 12:00  time passes
        Tue 10 Mar 13:00  later on: phone A corrected, outcome abandoned
        "#,
        expect![[r#"
            Mon 2 Mar 10:00   A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 10 Mar 12:00  A (C1)  phone handled: origin, resolved, final by time
            Tue 10 Mar 13:00  A (C1)  phone abandoned: lost, revised by correction
        "#]],
    );
}

#[test]
fn a_late_identity_revises_a_final_verdict() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Wed 4 Mar 10:00  phone B handled, number 01 99 00 00 02, until 10:06
        Thu 12 Mar 12:00  time passes
        Thu 12 Mar 13:00  signal linked, customer C1, number 01 99 00 00 02
        "#,
        expect![[r#"
            Mon 2 Mar 10:00   A (C1)                   phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Wed 4 Mar 10:00   B (number +33199000002)  phone handled: origin, pending until Thu 12 Mar 00:00, provisional
            Thu 12 Mar 12:00  B (number +33199000002)  phone handled: origin, resolved, final by time
            Thu 12 Mar 12:00  A (C1)                   phone handled: origin, resolved, final by time
            Thu 12 Mar 13:00  A (C1)                   phone handled: origin, repeated by B, revised by identity
            Thu 12 Mar 13:00  B (C1)                   phone handled: repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, resolved, final
            Thu 12 Mar 13:00  B is number +33199000002's no more
        "#]],
    );
}

#[test]
fn a_call_that_drags_on_moves_its_own_window() {
    check_told(
        r#"
        readings: intraday assisted any
        Mon 2 Mar 22:00  phone A offered, customer C1
        Mon 2 Mar 22:01  phone A answered
        Tue 3 Mar 00:10  phone A ended
        Tue 3 Mar 15:00  phone B handled, customer C1, until 15:10
        Wed 4 Mar 00:00  time passes
        "#,
        expect![[r#"
            Mon 2 Mar 22:00  A (C1)  phone open: origin, pending until Tue 3 Mar 00:00, provisional
            Tue 3 Mar 00:10  A (C1)  phone open: origin, resolved, final by time
            Tue 3 Mar 00:10  A (C1)  phone handled: origin, pending until Wed 4 Mar 00:00, provisional by correction
            Tue 3 Mar 15:00  A (C1)  phone handled: origin, repeated by B, provisional by late event
            Tue 3 Mar 15:00  B (C1)  phone handled: repeat, 2nd in the window, 14h 50min after A, 2nd of session A, pending until Wed 4 Mar 00:00, provisional
            Wed 4 Mar 00:00  A (C1)  phone handled: origin, repeated by B, final by time
            Wed 4 Mar 00:00  B (C1)  phone handled: repeat, 2nd in the window, 14h 50min after A, 2nd of session A, resolved, final by time
        "#]],
    );
}

#[test]
fn an_unknown_caller_is_undecidable_at_once() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A offered
        Mon 2 Mar 10:05  phone A ended
        Tue 10 Mar 00:00  time passes
        "#,
        expect![[r#"
            Mon 2 Mar 10:00  A (nobody known)  phone open, not counted: unknown customer: undecidable, provisional
            Mon 2 Mar 10:05  A (nobody known)  phone abandoned, not counted: unknown customer: undecidable, final by correction
        "#]],
    );
}

#[test]
fn a_repeat_is_never_an_origin() {
    check(
        r#"
        also: figures
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06
        Wed 18 Mar 10:00  phone D abandoned, customer C1, until 10:06
        Wed 18 Mar 10:10  phone E handled, customer C1, until 10:16
        Wed 1 Apr 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00   phone handled    | origin, repeated by B
            B  C1  Tue 3 Mar 10:00   phone handled    | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, resolved
            D  C1  Wed 18 Mar 10:00  phone abandoned  | retried by E
            E  C1  Wed 18 Mar 10:10  phone handled    | retry, 2nd in the window, 4min after D, 2nd of session D, origin, resolved
            j+7 assisted any: 4 followers, 1 repeats, 1 retries, 1 of 2 origins resolved, 0 lost
        "#]],
    );
}
