//! What waits for an answer: mails, chats, promises, appointments.

use crate::check::check_journey;
use expect_test::expect;

#[test]
fn a_mail_that_nobody_answers_for_two_working_days() {
    // Friday, then Monday and Tuesday; raised by time alone, taken back by an answer that was in time.
    check_journey(
        "mail-unanswered",
        "
        Fri 6 Mar 15:00  email M1 received, thread T, customer C1
        Tue 10 Mar 23:59:59.999  time passes
        Wed 11 Mar 00:00  time passes
        Tue 10 Mar 23:59:59.999  email M2 sent, thread T
        ",
        expect![[r#"
            Wed 11 Mar 00:00  C1: mail M1, answer - (raised)
            Wed 11 Mar 00:00  C1: mail M1, answer - (withdrawn by correction)
        "#]],
    );
    check_journey(
        "mail-unanswered",
        "
        Fri 6 Mar 15:00  email M1 received, thread T, customer C1
        Wed 11 Mar 00:00  email M2 sent, thread T
        ",
        expect![[r#"
            Wed 11 Mar 00:00  C1: mail M1, answer - (raised)
            in the end        C1: mail M1, answer -, decided Wed 11 Mar 00:00
        "#]],
    );
}

#[test]
fn a_mail_that_is_heard_of_when_its_time_is_over() {
    check_journey(
        "mail-unanswered",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 16 Mar 10:00  phone B handled, customer C1, until 10:06
        Fri 6 Mar 15:00  email M1 received, thread T, customer C1
        ",
        expect![[r#"
            Mon 16 Mar 10:06  C1: mail M1, answer - (raised)
            in the end        C1: mail M1, answer -, decided Wed 11 Mar 00:00
        "#]],
    );
}

#[test]
fn a_call_just_before_the_answer() {
    check_journey(
        "mail-chased",
        "
        Fri 6 Mar 15:00  email M1 received, thread T, customer C1
        Mon 9 Mar 10:59:59.999  phone A handled, customer C1, until 11:06
        Mon 9 Mar 11:00  email M2 sent, thread T
        ",
        expect![[r#"
            Mon 9 Mar 10:59:59.999  C1: mail M1, answer -, came A (raised)
            in the end              C1: mail M1, answer -, came A, decided Mon 9 Mar 10:59:59.999
        "#]],
    );
    check_journey(
        "mail-chased",
        "
        Fri 6 Mar 15:00  email M1 received, thread T, customer C1
        Mon 9 Mar 11:00  email M2 sent, thread T
        Mon 9 Mar 11:00:00.001  phone A handled, customer C1, until 11:06
        ",
        expect![[""]],
    );
}

#[test]
fn an_answer_before_the_call_that_is_heard_of_late() {
    check_journey(
        "mail-chased",
        "
        Fri 6 Mar 15:00  email M1 received, thread T, customer C1
        Mon 9 Mar 11:00  phone A handled, customer C1, until 11:06
        Mon 9 Mar 10:00  email M2 sent, thread T
        ",
        expect![[r#"
            Mon 9 Mar 11:00  C1: mail M1, answer -, came A (raised)
            Mon 9 Mar 11:06  C1: mail M1, answer -, came A (withdrawn by correction)
        "#]],
    );
}

#[test]
fn a_second_mail_on_the_thirtieth_day() {
    check_journey(
        "mail-chased",
        "
        Fri 6 Mar 15:00  email M1 received, thread T, customer C1
        Sun 5 Apr 23:59:59.999  email M2 received, thread T, customer C1
        ",
        expect![[r#"
            Sun 5 Apr 23:59:59.999  C1: mail M1, answer -, came M2 (raised)
            in the end              C1: mail M1, answer -, came M2, decided Sun 5 Apr 23:59:59.999
        "#]],
    );
    check_journey(
        "mail-chased",
        "
        Fri 6 Mar 15:00  email M1 received, thread T, customer C1
        Mon 6 Apr 00:00  email M2 received, thread T, customer C1
        ",
        expect![[""]],
    );
}

#[test]
fn a_chat_that_was_left_after_waiting() {
    check_journey(
        "slow-chat",
        "
        Mon 2 Mar 10:00  chat A abandoned, customer C1, until 10:01, waited 15s
        Mon 2 Mar 11:00  chat B abandoned, customer C2, until 11:01, waited 15s 1ms
        ",
        expect![[r#"
            Mon 2 Mar 11:00  C2: chat B, left B (raised)
            in the end       C2: chat B, left B, decided Mon 2 Mar 11:01
        "#]],
    );
}

#[test]
fn a_wait_that_is_corrected() {
    check_journey(
        "slow-chat",
        "
        Mon 2 Mar 11:00  chat B abandoned, customer C2, until 11:01, waited 40s
        Mon 2 Mar 12:00  later on: chat B corrected, waited 12s
        ",
        expect![[r#"
            Mon 2 Mar 11:00  C2: chat B, left B (raised)
            Mon 2 Mar 12:00  C2: chat B, left B (withdrawn by correction)
        "#]],
    );
    check_journey(
        "slow-chat",
        "
        Mon 2 Mar 11:00  chat B started, customer C2
        Mon 2 Mar 11:00:10  chat B ended, outcome abandoned
        Mon 2 Mar 12:00  later on: chat B qualified, waited 40s
        ",
        expect![[r#"
            Mon 2 Mar 12:00  C2: chat B, left B (raised)
            in the end       C2: chat B, left B, decided Mon 2 Mar 11:00:10
        "#]],
    );
}

#[test]
fn a_call_back_at_the_time_that_was_promised() {
    check_journey(
        "promise-broken",
        "
        Mon 2 Mar 10:00  signal promised, customer C1, due 15:00
        Mon 2 Mar 15:00  phone O handled, customer C1, until 15:05, outbound, by appointment
        Mon 2 Mar 16:00  time passes
        ",
        expect![[""]],
    );
    check_journey(
        "promise-broken",
        "
        Mon 2 Mar 10:00  signal promised, customer C1, due 15:00
        Mon 2 Mar 15:00  time passes
        Mon 2 Mar 15:00:00.001  phone O handled, customer C1, until 15:05, outbound
        ",
        expect![[r#"
            Mon 2 Mar 15:00:00.001  C1: promised e1, kept -, called-first - (raised)
            in the end              C1: promised e1, kept -, called-first -, decided Mon 2 Mar 15:00:00.001
        "#]],
    );
}

#[test]
fn who_calls_before_he_is_called_back() {
    check_journey(
        "promise-broken",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, disposition promised_callback, due 15:00
        Mon 2 Mar 14:30  phone B handled, customer C1, until 14:36
        Mon 2 Mar 16:00  time passes
        ",
        expect![[r#"
            Mon 2 Mar 14:30  C1: promised A, kept -, called-first B (raised)
            in the end       C1: promised A, kept -, called-first B, decided Mon 2 Mar 14:30
        "#]],
    );
}

#[test]
fn a_call_back_that_is_heard_of_late() {
    check_journey(
        "promise-broken",
        "
        Mon 2 Mar 10:00  signal promised, customer C1, due 15:00
        Mon 2 Mar 15:30  time passes
        Mon 2 Mar 14:50  phone O handled, customer C1, until 14:55, outbound
        ",
        expect![[r#"
            Mon 2 Mar 15:30  C1: promised e1, kept -, called-first - (raised)
            Mon 2 Mar 15:30  C1: promised e1, kept -, called-first - (withdrawn by late event)
        "#]],
    );
}

#[test]
fn a_video_that_dropped_and_a_call_two_hours_later() {
    check_journey(
        "video-dropped",
        "
        Mon 2 Mar 10:00  video V failed, customer C1, until 10:30
        Mon 2 Mar 12:30  phone A handled, customer C1, until 12:36
        Mon 2 Mar 13:00  later on: video V corrected, outcome handled
        ",
        expect![[r#"
            Mon 2 Mar 12:30  C1: video V, call A (raised)
            Mon 2 Mar 13:00  C1: video V, call A (withdrawn by correction)
        "#]],
    );
    check_journey(
        "video-dropped",
        "
        Mon 2 Mar 10:00  video V failed, customer C1, until 10:30
        Mon 2 Mar 12:30:00.001  phone A handled, customer C1, until 12:36
        ",
        expect![[""]],
    );
    // The end of the video is heard of after the call.
    check_journey(
        "video-dropped",
        "
        Mon 2 Mar 11:00  phone A handled, customer C1, until 11:06
        Mon 2 Mar 10:00  video V failed, customer C1, until 10:30
        ",
        expect![[r#"
            Mon 2 Mar 11:06  C1: video V, call A (raised)
            in the end       C1: video V, call A, decided Mon 2 Mar 11:00
        "#]],
    );
}

#[test]
fn an_appointment_that_nobody_keeps() {
    check_journey(
        "appointment-missed",
        "
        Mon 2 Mar 10:00  video V scheduled, customer C1, due 14:00
        Mon 2 Mar 14:15  time passes
        Mon 2 Mar 14:15:00.001  time passes
        Mon 2 Mar 14:10  video V joined, customer C1
        ",
        expect![[r#"
            Mon 2 Mar 14:15:00.001  C1: booked V, held - (raised)
            Mon 2 Mar 14:15:00.001  C1: booked V, held - (withdrawn by late event)
        "#]],
    );
    check_journey(
        "appointment-missed",
        "
        Mon 2 Mar 10:00  video V scheduled, customer C1, due 14:00
        Mon 2 Mar 14:15  video V joined, customer C1
        Mon 2 Mar 14:30  video V ended, outcome handled
        ",
        expect![[""]],
    );
    check_journey(
        "appointment-missed",
        "
        Mon 2 Mar 10:00  video V scheduled, customer C1, due 14:00
        Mon 2 Mar 14:15:00.001  video V joined, customer C1
        Mon 2 Mar 14:30  video V ended, outcome handled
        ",
        expect![[r#"
            Mon 2 Mar 14:15:00.001  C1: booked V, held - (raised)
            in the end              C1: booked V, held -, decided Mon 2 Mar 14:15:00.001
        "#]],
    );
}
