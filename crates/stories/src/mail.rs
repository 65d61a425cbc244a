//! Stories about the paragraph *Mail* of the section *Contacts*.

use crate::check::{check, check_told};
use expect_test::expect;

#[test]
fn a_mail_is_answered() {
    check(
        r#"
        show: end, wait, handling, agent, reason
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Mon 2 Mar 15:00  email m2 sent, thread T, agent Ann, handling 8min, reason billing
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled, ends Mon 2 Mar 15:00 (inferred), waited 5h, handling 8min, agent Ann, reason billing (qualified)  | origin, resolved
        "#]],
    );
}

#[test]
fn the_customer_chases_his_mail() {
    check(
        r#"
        show: end, wait, agent
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Tue 3 Mar 10:00  email m2 received, customer C1, thread T
        Wed 4 Mar 10:00  email m3 sent, thread T, agent Ann
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled, ends Wed 4 Mar 10:00 (inferred), waited 2d, agent none  | origin, repeated by m2
            m2  C1  Tue 3 Mar 10:00  email handled, ends Wed 4 Mar 10:00 (inferred), waited 1d, agent Ann   | repeat, 2nd in the window, during m1, 2nd of session m1, resolved
        "#]],
    );
}

#[test]
fn thank_you_within_the_hour_is_no_contact() {
    check(
        r#"
        config: mail_grace = "1h"
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Mon 2 Mar 15:00  email m2 sent, thread T
        Mon 2 Mar 16:00  email m3 received, customer C1, thread T
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled  | origin, resolved
        "#]],
    );
}

#[test]
fn who_says_thanks_says_who_wrote() {
    check(
        r#"
        config: mail_grace = "1h"
        Mon 2 Mar 10:00  email m1 received, mail u@example.org, thread T
        Mon 2 Mar 15:00  email m2 sent, thread T
        Mon 2 Mar 15:10  email m3 received, mail u@example.org, customer C1, thread T
        Tue 3 Mar 10:00  phone A handled, customer C1, until 10:06
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled  | origin, repeated by A
            A   C1  Tue 3 Mar 10:00  phone handled  | repeat, 2nd in the window, 19h after m1 on another channel, 2nd of session m1, resolved
        "#]],
    );
}

#[test]
fn a_colleague_says_thanks_and_the_mail_stays_the_writers() {
    check(
        r#"
        config: mail_grace = "1h"
        Mon 2 Mar 10:00  email m1 received, mail u@example.org, thread T
        Mon 2 Mar 15:00  email m2 sent, thread T
        Mon 2 Mar 15:10  email m3 received, mail w@example.org, customer C2, thread T
        Tue 3 Mar 10:00  phone A handled, customer C2, until 10:06
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  mail u@example.org  Mon 2 Mar 10:00  email handled  | origin, resolved
            A   C2                  Tue 3 Mar 10:00  phone handled  | origin, resolved
        "#]],
    );
}

#[test]
fn a_reply_after_the_hour_is_one() {
    check(
        r#"
        config: mail_grace = "1h"
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Mon 2 Mar 15:00  email m2 sent, thread T
        Mon 2 Mar 16:00:01  email m3 received, customer C1, thread T
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00     email handled          | origin, repeated by m3
            m3  C1  Mon 2 Mar 16:00:01  email unanswered open  | repeat, 2nd in the window, 1h 1s after m1, 2nd of session m1, lost
        "#]],
    );
}

#[test]
fn two_agents_answer_the_same_mail() {
    check(
        r#"
        show: end, wait, handling, agent, reason
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Mon 2 Mar 15:00  email m2 sent, thread T, agent Ann, handling 8min, reason billing
        Tue 3 Mar 09:00  email m3 sent, thread T, agent Ben, handling 2min
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled, ends Tue 3 Mar 09:00 (inferred), waited 5h, handling 10min, agent Ben, reason billing (qualified)  | origin, resolved
        "#]],
    );
}

#[test]
fn an_automatic_reply_answers_nothing() {
    check(
        r#"
        show: end
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Mon 2 Mar 10:00:05  email m2 sent, thread T, automatic
        Tue 3 Mar 10:00  email m3 received, customer C1, thread T
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email unanswered open, ends Mon 2 Mar 10:00 (open)  | retried by m3
            m3  C1  Tue 3 Mar 10:00  email unanswered open, ends Tue 3 Mar 10:00 (open)  | retry, 2nd in the window, 1d after m1, 2nd of session m1, lost
        "#]],
    );
}

#[test]
fn an_out_of_office_note_is_no_contact() {
    check(
        r#"
        config: [tables]
        config: automatic_senders = ["noreply@*"]
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Mon 2 Mar 15:00  email m2 sent, thread T
        Mon 2 Mar 17:00  email m3 received, customer C1, thread T, automatic
        Mon 2 Mar 18:00  email m4 received, thread U, mail NoReply@example.org
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled  | origin, resolved
        "#]],
    );
}

#[test]
fn another_customer_chases_in_the_same_thread() {
    check(
        r#"
        show: wait
        Mon 2 Mar 10:00  email m1 received, thread T, customer C1, mail ann@example.org
        Tue 3 Mar 10:00  email m2 received, thread T, customer C2, mail ben@example.org
        Wed 4 Mar 10:00  email m3 sent, thread T
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled, waited 2d  | origin, resolved
            m2  C2  Tue 3 Mar 10:00  email handled, waited 1d  | origin, resolved
        "#]],
    );
}

#[test]
fn the_brand_writes_first() {
    check(
        r#"
        show: end
        Mon 2 Mar 10:00  email m1 sent, thread T, customer C1
        Tue 3 Mar 10:00  email m2 received, thread T, customer C1
        Tue 3 Mar 12:00  email m3 sent, thread T
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email outbound, not counted: outbound, ends Mon 2 Mar 10:00 (stated)  | ineligible
            m2  C1  Tue 3 Mar 10:00  email handled, ends Tue 3 Mar 12:00 (inferred)                        | origin, resolved
        "#]],
    );
}

#[test]
fn the_answer_is_known_before_the_mail() {
    check(
        r#"
        show: wait, agent
        Mon 2 Mar 15:00  email m2 sent, thread T, agent Ann
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled, waited 5h, agent Ann  | origin, resolved
        "#]],
    );
}

#[test]
fn nobody_answers_for_thirty_days() {
    check(
        r#"
        show: end
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Wed 1 Apr 11:00:00.001  time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email unanswered, ends Mon 2 Mar 10:00 (inferred)  | lost
        "#]],
    );
}

#[test]
fn a_mail_waits_and_is_still_open() {
    check(
        r#"
        show: end
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Wed 1 Apr 11:00  time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email unanswered open, ends Mon 2 Mar 10:00 (open)  | lost
        "#]],
    );
}

#[test]
fn a_thread_is_closed_without_an_answer() {
    check(
        r#"
        show: end
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Tue 3 Mar 10:00  email m1 closed, thread T
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email unanswered, ends Tue 3 Mar 10:00 (stated)  | lost
        "#]],
    );
}

#[test]
fn the_same_subject_is_not_the_same_thread() {
    check(
        r#"
        Mon 2 Mar 10:00  email m1 received, customer C1, attribute subject=invoice
        Tue 3 Mar 10:00  email m2 received, customer C1, attribute subject=invoice
        Tue 3 Mar 12:00  email m3 sent, thread m2
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email unanswered open  | retried by m2
            m2  C1  Tue 3 Mar 10:00  email handled          | retry, 2nd in the window, 1d after m1, 2nd of session m1, origin, resolved
        "#]],
    );
}

#[test]
fn a_late_answer_makes_a_chase_a_word_of_thanks() {
    check_told(
        r#"
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Mon 2 Mar 15:30  email m3 received, customer C1, thread T
        Mon 2 Mar 15:00  email m2 sent, thread T
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            Mon 2 Mar 10:00  m1 (C1)  email unanswered open: pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 15:30  m1 (C1)  email unanswered open: retried by m3, provisional by late event
            Mon 2 Mar 15:30  m3 (C1)  email unanswered open: retry, 2nd in the window, 5h 30min after m1, 2nd of session m1, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 15:30  m1 (C1)  email handled open: origin, pending until Tue 10 Mar 00:00, provisional by correction
            Mon 2 Mar 15:30  m3 is C1's no more
            Wed 1 Apr 00:00  m1 (C1)  email handled: origin, pending until Tue 10 Mar 00:00, provisional by correction
            Wed 1 Apr 00:00  m1 (C1)  email handled: origin, resolved, final by time
        "#]],
    );
}

#[test]
fn the_last_of_several_waiting_mails_gets_the_answers_work() {
    check(
        r#"
        show: wait, handling, agent, reason
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Mon 2 Mar 12:00  email m2 received, customer C1, thread T
        Tue 3 Mar 09:00  email m3 sent, thread T, agent Ann, handling 5min, reason billing
        Tue 3 Mar 17:00  email m4 sent, thread T, agent Ben, handling 1min
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled, waited 23h, handling unknown, agent none, no reason               | origin, repeated by m2
            m2  C1  Mon 2 Mar 12:00  email handled, waited 21h, handling 6min, agent Ben, reason billing (qualified)  | repeat, 2nd in the window, during m1, 2nd of session m1, resolved
        "#]],
    );
}

#[test]
fn a_whole_mail_out_of_the_crm() {
    check(
        r#"
        show: end, wait, agent
        Mon 2 Mar 10:00  email m1 handled, customer C1, until 15:00, waited 5h, agent Ann
        Tue 3 Mar 10:00  email m2 contact, customer C1, outbound
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled, ends Mon 2 Mar 15:00 (stated), waited 5h, agent Ann                                | origin, resolved
            m2  C1  Tue 3 Mar 10:00  email outbound, not counted: outbound, ends Tue 3 Mar 10:00 (stated), waited unknown, agent none  | ineligible
        "#]],
    );
}

#[test]
fn somebody_else_says_thank_you() {
    check(
        r#"
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Mon 2 Mar 15:00  email m2 sent, thread T
        Mon 2 Mar 15:20  email m3 received, customer C2, thread T
        Wed 1 Apr 00:00 time passes
        "#,
        expect![[r#"
            m1  C1  Mon 2 Mar 10:00  email handled  | origin, resolved
        "#]],
    );
}
