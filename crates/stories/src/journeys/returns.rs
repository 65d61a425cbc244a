//! Who comes back: after giving up, on another channel, because he was called.

use crate::check::check_journey;
use expect_test::expect;

#[test]
fn another_try_within_the_hour() {
    check_journey(
        "retry-after-abandon",
        "
        Mon 2 Mar 10:00  phone A abandoned, customer C1, until 10:05
        Mon 2 Mar 11:05  chat B handled, customer C1, until 11:15
        Mon 2 Mar 12:00  later on: phone A corrected, outcome handled
        ",
        expect![[r#"
            Mon 2 Mar 11:05  C1: abandoned A, retry B (raised)
            Mon 2 Mar 12:00  C1: abandoned A, retry B (withdrawn by correction)
        "#]],
    );
    check_journey(
        "retry-after-abandon",
        "
        Mon 2 Mar 10:00  phone A abandoned, customer C1, until 10:05
        Mon 2 Mar 11:05:00.001  chat B handled, customer C1, until 11:15
        ",
        expect![[""]],
    );
    // The call that was given up is heard of last.
    check_journey(
        "retry-after-abandon",
        "
        Mon 2 Mar 10:30  phone B handled, customer C1, until 10:40
        Mon 2 Mar 10:00  phone A abandoned, customer C1, until 10:05
        ",
        expect![[r#"
            Mon 2 Mar 10:40  C1: abandoned A, retry B (raised)
            in the end       C1: abandoned A, retry B, decided Mon 2 Mar 10:30
        "#]],
    );
}

#[test]
fn nobody_tries_again_for_a_day() {
    check_journey(
        "gave-up",
        "
        Mon 2 Mar 10:00  phone A abandoned, customer C1, until 10:05
        Tue 3 Mar 10:05  time passes
        Tue 3 Mar 10:05:00.001  time passes
        Mon 2 Mar 16:00  email M received, thread T, customer C1
        ",
        expect![[r#"
            Tue 3 Mar 10:05:00.001  C1: abandoned A, retry - (raised)
            Tue 3 Mar 10:05:00.001  C1: abandoned A, retry - (withdrawn by late event)
        "#]],
    );
    check_journey(
        "gave-up",
        "
        Mon 2 Mar 10:00  phone A abandoned, customer C1, until 10:05
        Tue 3 Mar 10:05  phone B handled, customer C1, until 10:15
        Wed 4 Mar 10:00  time passes
        ",
        expect![[""]],
    );
    check_journey(
        "gave-up",
        "
        Mon 2 Mar 10:00  phone A abandoned, customer C1, until 10:05
        Tue 3 Mar 10:05:00.001  phone B handled, customer C1, until 10:15
        ",
        expect![[r#"
            Tue 3 Mar 10:05:00.001  C1: abandoned A, retry - (raised)
            in the end              C1: abandoned A, retry -, decided Tue 3 Mar 10:05:00.001
        "#]],
    );
}

#[test]
fn three_channels_for_one_reason() {
    check_journey(
        "channel-ping-pong",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason billing
        Tue 3 Mar 10:00  chat B handled, customer C1, until 10:06, reason billing
        Mon 9 Mar 23:59:59.999  email M received, thread T, customer C1, reason billing
        ",
        expect![[r#"
            Mon 9 Mar 23:59:59.999  C1: first A, second B, third M (raised)
            in the end              C1: first A, second B, third M, decided Mon 9 Mar 23:59:59.999
        "#]],
    );
    check_journey(
        "channel-ping-pong",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason billing
        Tue 3 Mar 10:00  chat B handled, customer C1, until 10:06, reason billing
        Tue 10 Mar 00:00  email M received, thread T, customer C1, reason billing
        ",
        expect![[""]],
    );
}

#[test]
fn the_reason_of_the_second_contact_is_known_late_and_then_another() {
    check_journey(
        "channel-ping-pong",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason billing
        Tue 3 Mar 10:00  chat B handled, customer C1, until 10:06
        Wed 4 Mar 10:00  email M received, thread T, customer C1, reason billing
        Wed 4 Mar 11:00  later on: chat B qualified, reason billing
        Wed 4 Mar 12:00  later on: chat B qualified, reason moving
        ",
        expect![[r#"
            Wed 4 Mar 11:00  C1: first A, second B, third M (raised)
            Wed 4 Mar 12:00  C1: first A, second B, third M (withdrawn by correction)
        "#]],
    );
}

#[test]
fn a_handover_is_no_ping_pong() {
    let story = "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason billing, disposition handover
        Tue 3 Mar 10:00  chat B handled, customer C1, until 10:06, reason billing
        Wed 4 Mar 10:00  email M received, thread T, customer C1, reason billing
        ";
    check_journey("channel-ping-pong", story, expect![[""]]);
    check_journey(
        "handover",
        story,
        expect![[r#"
        Tue 3 Mar 10:00  C1: handed A, next B (raised)
        in the end       C1: handed A, next B, decided Tue 3 Mar 10:00
    "#]],
    );
}

#[test]
fn a_handover_up_to_the_seventh_day() {
    check_journey(
        "handover",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 9 Mar 23:59:59.999  chat B handled, customer C1, until Tue 10 Mar 00:06
        Tue 10 Mar 09:00  later on: phone A qualified, disposition handover
        Tue 10 Mar 10:00  later on: phone A qualified, disposition solved
        ",
        expect![[r#"
            Tue 10 Mar 09:00  C1: handed A, next B (raised)
            Tue 10 Mar 10:00  C1: handed A, next B (withdrawn by correction)
        "#]],
    );
    check_journey(
        "handover",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, disposition handover
        Tue 10 Mar 00:00  chat B handled, customer C1, until 00:06
        ",
        expect![[""]],
    );
}

#[test]
fn three_legs_of_one_call() {
    // The second leg is heard of last.
    check_journey(
        "transfer-loop",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:05
        Mon 2 Mar 10:10  phone A3 handled, leg of A, until 10:15
        Mon 2 Mar 10:05  phone A2 handled, leg of A, until 10:10
        Mon 2 Mar 12:00  later on: phone A corrected, customer C2, until 10:05
        ",
        expect![[r#"
            Mon 2 Mar 10:15  C1: contact A, passed-on A (raised)
            Mon 2 Mar 12:00  C1: contact A, passed-on A (withdrawn by identity)
            Mon 2 Mar 12:00  C2: contact A, passed-on A (raised)
            in the end       C2: contact A, passed-on A, decided Mon 2 Mar 10:15
        "#]],
    );
    check_journey(
        "transfer-loop",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:05
        Mon 2 Mar 10:10  phone A2 handled, leg of A, until 10:15
        ",
        expect![[""]],
    );
}

#[test]
fn a_contact_two_days_after_a_campaign() {
    check_journey(
        "outbound-provoked",
        "
        Mon 2 Mar 10:00  phone O handled, customer C1, until 10:02, outbound, by the brand, attribute campaign=spring
        Wed 4 Mar 10:02  phone A handled, customer C1, until 10:06
        Wed 4 Mar 11:00  later on: phone O corrected, customer C2, outbound
        ",
        expect![[r#"
            Wed 4 Mar 10:02  C1: message O, came A (raised)
            Wed 4 Mar 11:00  C1: message O, came A (withdrawn by identity)
        "#]],
    );
    check_journey(
        "outbound-provoked",
        "
        Mon 2 Mar 10:00  phone O handled, customer C1, until 10:02, outbound, by the brand
        Wed 4 Mar 10:02:00.001  phone A handled, customer C1, until 10:06
        ",
        expect![[""]],
    );
}

#[test]
fn a_reminder_that_is_heard_of_after_the_call() {
    check_journey(
        "outbound-provoked",
        "
        Mon 2 Mar 11:00  phone A handled, customer C1, until 11:06
        Mon 2 Mar 10:00  signal notified, customer C1, purpose reminder
        Mon 2 Mar 10:30  signal notified, customer C1, purpose receipt
        ",
        expect![[r#"
            Mon 2 Mar 11:06  C1: message e2, came A (raised)
            in the end       C1: message e2, came A, decided Mon 2 Mar 11:00
        "#]],
    );
}
