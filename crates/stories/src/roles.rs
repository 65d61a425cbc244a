//! Stories about the paragraph *Roles: what counts* of the section *Contacts*: a story for each row of
//! the table. In each, a contact of the row stands between two answered calls.

use crate::check::{check, check_told};
use expect_test::expect;

#[test]
fn a_handled_contact_is_prior_follower_and_origin() {
    check(
        r#"
        show: roles
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  chat row handled, customer C1, until 10:06
        Wed 4 Mar 10:00  phone B handled, customer C1, until 10:06
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A    C1  Mon 2 Mar 10:00  phone handled, prior answered follower origin  | origin, repeated by row
            row  C1  Tue 3 Mar 10:00  chat handled, prior answered follower origin   | repeat, 2nd in the window, 23h 54min after A on another channel, 2nd of session A, repeated by B
            B    C1  Wed 4 Mar 10:00  phone handled, prior answered follower origin  | repeat, 3rd in the window, 23h 54min after row on another channel, 3rd of session A, resolved
            alert third-in-seven-days on B: 3rd in the window, 3rd of its session, 23h 54min after row, origin A, over phone, chat
        "#]],
    );
}

#[test]
fn a_dropped_line_counts_as_answered() {
    check(
        r#"
        show: roles
        Tue 3 Mar 10:00  phone row failed, customer C1, until 10:06
        Wed 4 Mar 10:00  phone B handled, customer C1, until 10:06
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            row  C1  Tue 3 Mar 10:00  phone failed, prior answered follower origin   | origin, repeated by B
            B    C1  Wed 4 Mar 10:00  phone handled, prior answered follower origin  | repeat, 2nd in the window, 23h 54min after row, 2nd of session row, resolved
        "#]],
    );
}

#[test]
fn an_abandoned_call_is_retried() {
    check(
        r#"
        show: roles
        Tue 3 Mar 10:00  phone row abandoned, customer C1, until 10:06
        Tue 3 Mar 10:10  phone B handled, customer C1, until 10:16
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            row  C1  Tue 3 Mar 10:00  phone abandoned, prior abandoned follower      | retried by B
            B    C1  Tue 3 Mar 10:10  phone handled, prior answered follower origin  | retry, 2nd in the window, 4min after row, 2nd of session row, origin, resolved
        "#]],
    );
}

#[test]
fn an_unanswered_mail_is_retried() {
    check(
        r#"
        show: roles
        Tue 3 Mar 10:00  email row unanswered, customer C1, until 10:06
        Tue 3 Mar 12:00  phone B handled, customer C1, until 12:16
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            row  C1  Tue 3 Mar 10:00  email unanswered, prior abandoned follower     | retried by B
            B    C1  Tue 3 Mar 12:00  phone handled, prior answered follower origin  | retry, 2nd in the window, 1h 54min after row on another channel, 2nd of session row, origin, resolved
        "#]],
    );
}

#[test]
fn a_bot_contains_and_is_no_origin() {
    check(
        r#"
        show: roles
        Tue 3 Mar 10:00  chat row contained, customer C1, until 10:06
        Tue 3 Mar 12:00  phone B handled, customer C1, until 12:16
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            row  C1  Tue 3 Mar 10:00  chat contained, prior answered follower        | repeated by B
            B    C1  Tue 3 Mar 12:00  phone handled, prior answered follower origin  | repeat, 2nd in the window, 1h 54min after row on another channel, 2nd of session row, resolved
        "#]],
    );
}

#[test]
fn a_short_call_counts_as_nothing() {
    check(
        r#"
        show: roles
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone row short, customer C1, until 10:00:02
        Wed 4 Mar 10:00  phone B handled, customer C1, until 10:06
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A    C1  Mon 2 Mar 10:00  phone handled, prior answered follower origin  | origin, repeated by B
            row  C1  Tue 3 Mar 10:00  phone short, not counted: short, prior none    | ineligible
            B    C1  Wed 4 Mar 10:00  phone handled, prior answered follower origin  | repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn visits_with_and_without_a_service_step() {
    check(
        r#"
        show: roles
        readings: j+7 assisted any; j+7 all any
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  web with step help, customer C1
        Tue 3 Mar 12:00  web without page_view, customer C1, page Home
        Wed 4 Mar 10:00  phone B handled, customer C1, until 10:06
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A        C1  Mon 2 Mar 10:00  phone handled, prior answered follower origin
                j+7 assisted any: origin, repeated by B
                j+7 all any: origin, repeated by with
            with     C1  Tue 3 Mar 10:00  web, prior answered follower
                j+7 assisted any: not looked at
                j+7 all any: repeat, 2nd in the window, 23h 54min after A on another channel, 2nd of session A, repeated by B
            without  C1  Tue 3 Mar 12:00  web, not counted: no service step, prior none
                j+7 assisted any: not looked at
                j+7 all any: ineligible
            B        C1  Wed 4 Mar 10:00  phone handled, prior answered follower origin
                j+7 assisted any: repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, resolved
                j+7 all any: repeat, 3rd in the window, 1d after with on another channel, 3rd of session A, resolved
        "#]],
    );
}

#[test]
fn an_agreed_call_back_may_settle_the_matter_and_follows_nothing() {
    check(
        r#"
        show: roles
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone row handled, customer C1, until 10:06, outbound, by appointment
        Wed 4 Mar 10:00  phone B handled, customer C1, until 10:06
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A    C1  Mon 2 Mar 10:00  phone handled, prior answered follower origin  | origin, repeated by B
            row  C1  Tue 3 Mar 10:00  phone outbound handled, prior answered origin  | 2nd in the window, 23h 54min after A, 2nd of session A, origin, repeated by B
            B    C1  Wed 4 Mar 10:00  phone handled, prior answered follower origin  | repeat, 3rd in the window, 23h 54min after row, 3rd of session A, resolved
            alert third-in-seven-days on B: 3rd in the window, 3rd of its session, 23h 54min after row, origin row, over phone
        "#]],
    );
}

#[test]
fn a_call_from_the_brand_counts_as_nothing() {
    check(
        r#"
        show: roles
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 10 Mar 10:00  phone row handled, customer C1, until 10:06, outbound, by the brand
        Wed 11 Mar 10:00  phone B handled, customer C1, until 10:06
        Wed 25 Mar 00:00 time passes
        "#,
        expect![[r#"
            A    C1  Mon 2 Mar 10:00   phone handled, prior answered follower origin              | origin, resolved
            row  C1  Tue 10 Mar 10:00  phone outbound handled, not counted: outbound, prior none  | ineligible
            B    C1  Wed 11 Mar 10:00  phone handled, prior answered follower origin              | origin, resolved
        "#]],
    );
}

#[test]
fn a_tenants_row_stands_before_the_table() {
    check(
        r#"
        show: roles
        config: [[roles]]
        config: channel = "chat"
        config: outcome = "handled"
        config: prior = "answered"
        config: [[roles]]
        config: channel = "video"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  chat B handled, customer C1, until 10:06
        Tue 3 Mar 11:00  video D handled, customer C1, until 11:06
        Wed 4 Mar 10:00  phone E handled, customer C1, until 10:06
        Wed 25 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, prior answered follower origin       | origin, repeated by E
            B  C1  Tue 3 Mar 10:00  chat handled, prior answered                        | 2nd in the window, 23h 54min after A on another channel, 2nd of session A, repeated by E
            D  C1  Tue 3 Mar 11:00  video handled, not counted: role table, prior none  | ineligible
            E  C1  Wed 4 Mar 10:00  phone handled, prior answered follower origin       | repeat, 3rd in the window, 23h 54min after B on another channel, 3rd of session A, resolved
            alert third-in-seven-days on E: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone, chat
        "#]],
    );
}

#[test]
fn a_contact_is_presumed_to_count_while_it_is_open() {
    check_told(
        r#"
        Mon 2 Mar 09:00  phone A handled, customer C1, until 09:06
        Mon 2 Mar 10:00  phone B offered, customer C1
        Mon 2 Mar 10:03  phone B ended
        Mon 2 Mar 10:10  phone D handled, customer C1, until 10:20
        "#,
        expect![[r#"
            Mon 2 Mar 09:00  A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 10:00  A (C1)  phone handled: origin, repeated by B, provisional by late event
            Mon 2 Mar 10:00  B (C1)  phone open: repeat, 2nd in the window, 54min after A, 2nd of session A, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 10:03  B (C1)  phone abandoned: repeat, 2nd in the window, 54min after A, 2nd of session A, pending until Tue 10 Mar 00:00, provisional by correction
            Mon 2 Mar 10:10  B (C1)  phone abandoned: repeat, 2nd in the window, 54min after A, 2nd of session A, retried by D, provisional by late event
            Mon 2 Mar 10:10  D (C1)  phone handled: repeat, 3rd in the window, 7min after B, 3rd of session A, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 10:10  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 7min after B, origin A, over phone (raised)
        "#]],
    );
}
