//! Stories about the section *Contacts*: channels, outcomes, legs, versions, ends, reasons, unknown
//! customers. Mails and visits have files of their own.

use crate::check::check;
use expect_test::expect;

#[test]
fn a_customer_uses_every_channel_in_a_week() {
    check(
        r#"
        readings: j+7 assisted any; j+7 all any
        show: medium
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  chat B handled, customer C1, until 10:10, medium sms
        Wed 4 Mar 10:00  email C handled, customer C1, until 14:00
        Thu 5 Mar 10:00  video D handled, customer C1, until 10:20
        Fri 6 Mar 10:00  web E step help, customer C1, medium app
        Fri 20 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, medium none
                j+7 assisted any: origin, repeated by B
                j+7 all any: origin, repeated by B
            B  C1  Tue 3 Mar 10:00  chat handled, medium sms
                j+7 assisted any: repeat, 2nd in the window, 23h 54min after A on another channel, 2nd of session A, repeated by C
                j+7 all any: repeat, 2nd in the window, 23h 54min after A on another channel, 2nd of session A, repeated by C
            C  C1  Wed 4 Mar 10:00  email handled, medium none
                j+7 assisted any: repeat, 3rd in the window, 23h 50min after B on another channel, 3rd of session A, repeated by D
                j+7 all any: repeat, 3rd in the window, 23h 50min after B on another channel, 3rd of session A, repeated by D
            D  C1  Thu 5 Mar 10:00  video handled, medium none
                j+7 assisted any: repeat, 4th in the window, 20h after C on another channel, 4th of session A, resolved
                j+7 all any: repeat, 4th in the window, 20h after C on another channel, 4th of session A, repeated by E
            E  C1  Fri 6 Mar 10:00  web, medium app
                j+7 assisted any: not looked at
                j+7 all any: repeat, 5th in the window, 23h 40min after D on another channel, 5th of session A, resolved
            alert third-in-seven-days on C: 3rd in the window, 3rd of its session, 23h 50min after B, origin A, over phone, chat, email
            alert third-in-seven-days on D: 4th in the window, 4th of its session, 20h after C, origin A, over phone, chat, email, video
        "#]],
    );
}

#[test]
fn what_the_platform_states_stands() {
    check(
        r#"
        config: [channels.phone]
        config: short_below = "10s"
        Mon 2 Mar 10:00:00  phone inferred offered, customer C1
        Mon 2 Mar 10:00:05  phone inferred ended
        Mon 2 Mar 11:00:00  phone stated offered, customer C1
        Mon 2 Mar 11:00:05  phone stated ended, outcome abandoned
        Mon 2 Mar 12:00:00  phone ten-seconds offered, customer C1
        Mon 2 Mar 12:00:10  phone ten-seconds ended
        Mon 2 Mar 13:00:00  phone whole contact, until 13:00:04, customer C1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            inferred     C1  Mon 2 Mar 10:00  phone short, not counted: short  | ineligible
            stated       C1  Mon 2 Mar 11:00  phone abandoned                  | retried by ten-seconds
            ten-seconds  C1  Mon 2 Mar 12:00  phone abandoned                  | retry, 2nd in the window, 59min 55s after stated, 2nd of session stated, lost
            whole        C1  Mon 2 Mar 13:00  phone short, not counted: short  | ineligible
        "#]],
    );
}

#[test]
fn the_line_drops() {
    check(
        r#"
        Mon 2 Mar 10:00  video A joined, customer C1
        Mon 2 Mar 10:01  video A answered
        Mon 2 Mar 10:09  video A dropped
        Mon 2 Mar 10:15  phone B handled, customer C1, until 10:20
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  video failed   | origin, repeated by B
            B  C1  Mon 2 Mar 10:15  phone handled  | repeat, 2nd in the window, 6min after A on another channel, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn a_call_is_transferred_twice() {
    check(
        r#"
        show: end, wait, handling, legs, agent, team, queue
        Mon 2 Mar 10:00  phone A offered, customer C1, queue front
        Mon 2 Mar 10:01  phone A answered, agent Ann, team one
        Mon 2 Mar 10:05  phone A transferred
        Mon 2 Mar 10:05  phone A ended
        Mon 2 Mar 10:05  phone B offered, leg of A, queue billing
        Mon 2 Mar 10:07  phone B answered, leg of A, agent Ben, team two
        Mon 2 Mar 10:17  phone B ended, leg of A
        Mon 2 Mar 10:17  phone D offered, leg of A, queue technical
        Mon 2 Mar 10:25  phone D ended, leg of A
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:25 (stated), waited 1min, handling 14min, legs 3, agent Ben, team two, queue billing  | origin, resolved
        "#]],
    );
}

#[test]
fn nobody_answers_the_first_leg_but_the_second() {
    check(
        r#"
        show: end, wait, handling, legs, agent
        Mon 2 Mar 10:00  phone A offered, customer C1
        Mon 2 Mar 10:03  phone A ended
        Mon 2 Mar 10:03  phone B offered, leg of A
        Mon 2 Mar 10:04  phone B answered, leg of A, agent Ben
        Mon 2 Mar 10:09  phone B ended, leg of A
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:09 (stated), waited 4min, handling 5min, legs 2, agent Ben  | origin, resolved
        "#]],
    );
}

#[test]
fn a_leg_that_is_only_transferred_was_handled_until_then() {
    check(
        r#"
        show: handling, legs, agent
        Mon 2 Mar 10:00  phone A answered, customer C1, agent Ann
        Mon 2 Mar 10:20  phone A transferred
        Mon 2 Mar 10:21  phone B answered, leg of A, agent Ben
        Mon 2 Mar 10:22  phone B ended, leg of A
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, handling 21min, legs 2, agent Ben  | origin, resolved
        "#]],
    );
}

#[test]
fn an_agent_calls_a_colleague_and_the_call_stays_the_customers() {
    check(
        r#"
        show: end, initiation
        Mon 2 Mar 10:00  phone A answered, customer C1
        Mon 2 Mar 10:05  phone B answered, leg of A, outbound, by transfer
        Mon 2 Mar 10:07  phone B ended, leg of A
        Mon 2 Mar 10:09  phone A ended
        Tue 3 Mar 10:00  phone D handled, customer C1, until 10:06
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:07 (stated), initiation customer  | origin, repeated by D
            D  C1  Tue 3 Mar 10:00  phone handled, ends Tue 3 Mar 10:06 (stated), initiation customer  | repeat, 2nd in the window, 23h 53min after A, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn a_relation_names_a_later_leg() {
    check(
        r#"
        show: legs
        Mon 2 Mar 10:00  phone A answered, customer C1
        Mon 2 Mar 10:05  phone A ended
        Mon 2 Mar 10:05  phone B answered, leg of A
        Mon 2 Mar 10:07  phone B ended, leg of A
        Mon 2 Mar 10:30  phone D handled, customer C1, until 10:36, same as B
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, legs 3  | origin, resolved
        "#]],
    );
}

#[test]
fn a_whole_call_whose_end_is_null_ends_when_it_started() {
    check(
        r#"
        show: end
        raw: {"channel":"phone","event_id":"E1","kind":"contact","occurred_at":"2026-03-02T10:10:00+01:00","contact_id":"A","started_at":"2026-03-02T10:00:00+01:00","ended_at":null,"outcome":"handled","identifiers":[{"type":"customer_id","value":"C1"}]}
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:00 (stated)  | origin, resolved
        "#]],
    );
}

#[test]
fn a_consultation_is_the_same_contact_by_its_relation() {
    check(
        r#"
        show: end, handling, legs, agent
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, handling 6min, agent Ann
        Mon 2 Mar 10:08  phone B handled, customer C1, until 10:10, handling 2min, agent Ben, same as A
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:10 (stated), handling 8min, legs 2, agent Ben  | origin, resolved
        "#]],
    );
}

#[test]
fn a_relation_to_another_customers_call_joins_nothing() {
    check(
        r#"
        show: legs
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 2 Mar 10:08  phone B handled, customer C2, until 10:10, same as A
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, legs 1  | origin, resolved
            B  C2  Mon 2 Mar 10:08  phone handled, legs 1  | origin, resolved
        "#]],
    );
}

#[test]
fn an_old_exchange_gives_every_leg_an_id_of_its_own() {
    check(
        r#"
        show: legs, end
        config: [sources.old]
        config: join_legs_within = "30s"
        Mon 2 Mar 10:00:00  phone A abandoned, customer C1, until 10:01:00, source old
        Mon 2 Mar 10:01:30  phone B handled, customer C1, until 10:06:00, source old
        Mon 2 Mar 10:06:31  phone D handled, customer C1, until 10:08:00, source old
        Mon 2 Mar 10:08:10  phone E handled, customer C1, until 10:09:00
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00     phone handled, legs 2, ends Mon 2 Mar 10:06 (stated)  | origin, repeated by D
            D  C1  Mon 2 Mar 10:06:31  phone handled, legs 1, ends Mon 2 Mar 10:08 (stated)  | repeat, 2nd in the window, 31s after A, 2nd of session A, repeated by E
            E  C1  Mon 2 Mar 10:08:10  phone handled, legs 1, ends Mon 2 Mar 10:09 (stated)  | repeat, 3rd in the window, 10s after D, 3rd of session A, resolved
            alert third-in-seven-days on E: 3rd in the window, 3rd of its session, 10s after D, origin A, over phone
        "#]],
    );
}

#[test]
fn the_wrap_up_comes_before_the_call() {
    check(
        r#"
        also: incomplete
        show: reason, agent
        Mon 2 Mar 10:07  phone A qualified, reason billing/payment
        Mon 2 Mar 10:06  phone A ended
        Mon 2 Mar 10:01  phone A answered, agent Ann
        Mon 2 Mar 10:00  phone A offered, customer C1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, reason billing/payment (qualified), agent Ann  | origin, resolved
            incomplete: 0
        "#]],
    );
}

#[test]
fn the_wrap_up_of_a_call_that_never_was() {
    check(
        r#"
        also: incomplete, new
        Mon 2 Mar 10:00  phone A qualified, reason billing/payment, customer C1
        Mon 2 Mar 10:06  phone A ended
        Mon 2 Mar 11:00  phone B handled, customer C1, until 11:05
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            B  C1  Mon 2 Mar 11:00  phone handled  | origin, resolved
            incomplete: 2
            new: 3
        "#]],
    );
}

#[test]
fn a_correction_changes_what_it_states_and_nothing_else() {
    check(
        r#"
        also: new, conflicting
        show: end, reason, agent, tier
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 2 Mar 10:06  phone A qualified, reason billing, agent Ann, tier gold
        Tue 3 Mar 09:00  later on: phone A corrected, reason delivery, no agent
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:06 (stated), reason delivery (qualified), agent none, tier gold  | origin, resolved
            new: 3
            conflicting: 0
        "#]],
    );
}

/// Whoever says a whole contact again says its end with it; else it ends where it begins.
#[test]
fn a_whole_call_is_said_again_without_its_end() {
    check(
        r#"
        show: end, reason
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason billing
        Tue 3 Mar 09:00  later on: phone A corrected, reason delivery
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:06 (stated), reason delivery (qualified)  | origin, resolved
        "#]],
    );
}

#[test]
fn an_older_version_comes_after_a_newer_one() {
    check(
        r#"
        show: reason, team
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason first, team one
        Wed 4 Mar 09:00  later on: phone A corrected, reason third
        Tue 3 Mar 09:00  later on: phone A corrected, reason second, team two
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, reason third (qualified), team two  | origin, resolved
        "#]],
    );
}

#[test]
fn the_same_record_comes_three_times() {
    check(
        r#"
        also: duplicates, new, conflicting
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, event x
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, event x
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, event x
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | origin, resolved
            duplicates: 2
            new: 1
            conflicting: 0
        "#]],
    );
}

#[test]
fn two_records_contradict_each_other_at_the_same_time() {
    check(
        r#"
        also: duplicates, new, conflicting
        show: reason
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, event x, reason billing
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, event x, reason delivery
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, reason delivery (qualified)  | origin, resolved
            duplicates: 0
            new: 2
            conflicting: 1
        "#]],
    );
}

#[test]
fn of_two_tools_on_one_site_the_trusted_one_holds() {
    check(
        r#"
        show: tier
        config: [sources.crm]
        config: rank = 10
        readings: j+7 all any
        Mon 2 Mar 10:00  web - step help, device D1, customer C1, source crm, tier gold
        Mon 2 Mar 10:00  web - step account, device D1, source tags, tier silver
        Mon 2 Mar 11:00  web - step help, device D2, customer C2, source crm, tier gold
        Mon 2 Mar 11:00  web - step account, device D2, source tags, tier bronze
        Mon 2 Mar 12:00  web - step help, device D3, customer C3, source crm, tier gold
        Mon 2 Mar 12:00  web - step account, device D3, source tags, tier copper
        Mon 2 Mar 13:00  web - step help, device D4, customer C4, source crm, tier gold
        Mon 2 Mar 13:00  web - step account, device D4, source tags, tier iron
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            visit-1  C1  Mon 2 Mar 10:00  web, tier gold  | resolved
            visit-2  C2  Mon 2 Mar 11:00  web, tier gold  | resolved
            visit-3  C3  Mon 2 Mar 12:00  web, tier gold  | resolved
            visit-4  C4  Mon 2 Mar 13:00  web, tier gold  | resolved
        "#]],
    );
}

#[test]
fn a_call_that_nobody_closes_ends_by_itself() {
    check(
        r#"
        show: end
        Mon 2 Mar 10:00  phone A offered, customer C1
        Mon 2 Mar 10:01  phone A answered
        Mon 2 Mar 10:00  chat B started, customer C2
        Mon 2 Mar 10:20  chat B message
        Mon 2 Mar 14:01  phone other handled, customer C3, until 14:01
        "#,
        expect![[r#"
            A      C1  Mon 2 Mar 10:00  phone open, ends Mon 2 Mar 10:01 (open)          | origin, pending until Tue 10 Mar 00:00
            B      C2  Mon 2 Mar 10:00  chat abandoned, ends Mon 2 Mar 10:20 (inferred)  | pending until Tue 10 Mar 00:00
            other  C3  Mon 2 Mar 14:01  phone handled, ends Mon 2 Mar 14:01 (stated)     | origin, pending until Tue 10 Mar 00:00
        "#]],
    );
}

#[test]
fn the_silence_of_four_hours_has_passed() {
    check(
        r#"
        show: end
        Mon 2 Mar 10:00  phone A offered, customer C1
        Mon 2 Mar 10:01  phone A answered
        Mon 2 Mar 14:01:00.001  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:01 (inferred)  | origin, pending until Tue 10 Mar 00:00
        "#]],
    );
}

#[test]
fn a_word_from_the_call_after_it_had_ended_by_itself() {
    check(
        r#"
        show: end
        Mon 2 Mar 10:00  phone A offered, customer C1
        Mon 2 Mar 10:01  phone A answered
        Tue 3 Mar 12:00  phone B handled, customer C1, until 12:10
        Tue 3 Mar 13:00  phone A ended, until Mon 2 Mar 10:30
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:30 (stated)  | origin, repeated by B
            B  C1  Tue 3 Mar 12:00  phone handled, ends Tue 3 Mar 12:10 (stated)  | repeat, 2nd in the window, 1d 1h 30min after A, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn a_call_that_ended_before_it_began() {
    check(
        r#"
        show: end
        Mon 2 Mar 10:00  phone A handled, customer C1, until 09:50
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, ends Mon 2 Mar 10:00 (stated)  | origin, resolved
        "#]],
    );
}

#[test]
fn a_video_appointment_is_a_contact_only_when_the_customer_joins() {
    check(
        r#"
        also: incomplete
        show: end, wait
        Mon 2 Mar 10:00  video A scheduled, customer C1, due Wed 4 Mar 15:00, by appointment
        Mon 2 Mar 10:01  video B scheduled, customer C2, due Wed 4 Mar 15:00, by appointment
        Wed 4 Mar 15:01  video A joined
        Wed 4 Mar 15:02  video A answered
        Wed 4 Mar 15:20  video A ended
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Wed 4 Mar 15:01  video handled, ends Wed 4 Mar 15:20 (stated), waited 1min  | origin, resolved
            incomplete: 0
        "#]],
    );
}

#[test]
fn the_agent_knows_better_than_the_ivr_and_the_ivr_better_than_the_queue() {
    check(
        r#"
        show: reason
        config: [tables]
        config: queues = [{ queue = "Q1", reason = "technical" }]
        config: reasons = [{ source = "", code = "B1", reason = "billing/payment" }]
        Mon 2 Mar 10:00  phone A offered, customer C1, queue Q1
        Mon 2 Mar 11:00  phone B offered, customer C2, queue Q1
        Mon 2 Mar 11:01  phone B queued, declared reason delivery
        Mon 2 Mar 12:00  phone D offered, customer C3, queue Q1
        Mon 2 Mar 12:01  phone D queued, declared reason delivery
        Mon 2 Mar 12:09  phone D qualified, reason code B1
        Mon 2 Mar 13:00  phone E offered, customer C4, queue unknown
        Mon 2 Mar 13:09  phone E qualified, reason code unknown
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone abandoned, reason technical (queue)            | lost
            B  C2  Mon 2 Mar 11:00  phone abandoned, reason delivery (declared)          | lost
            D  C3  Mon 2 Mar 12:00  phone abandoned, reason billing/payment (qualified)  | lost
            E  C4  Mon 2 Mar 13:00  phone abandoned, no reason                           | lost
        "#]],
    );
}

#[test]
fn the_agent_takes_the_reason_back() {
    check(
        r#"
        show: reason
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, declared reason delivery
        Mon 2 Mar 10:07  phone A qualified, reason billing
        Mon 2 Mar 11:00  later on: phone A corrected, no reason
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, reason delivery (declared)  | origin, resolved
        "#]],
    );
}

#[test]
fn the_page_before_the_call_lends_its_reason() {
    check(
        r#"
        show: reason
        readings: j+7 assisted same
        config: page_reason_within = "1h"
        config: [tables]
        config: steps = [{ url = "*/pay", step = "payment", status = "failed", reason = "billing/payment", page = "Pay" }]
        Mon 2 Mar 10:00  web - page_view, customer C1, device D1, url https://shop.example/pay?basket=4
        Mon 2 Mar 11:00  phone A handled, customer C1, until 11:06
        Mon 2 Mar 11:01  phone B handled, customer C1, until 11:06
        Mon 2 Mar 10:30  phone D handled, customer C1, until 10:36, reason delivery
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            visit-1  C1  Mon 2 Mar 10:00  web, reason billing/payment (page)            | not looked at
            D        C1  Mon 2 Mar 10:30  phone handled, reason delivery (qualified)    | origin, resolved
            A        C1  Mon 2 Mar 11:00  phone handled, reason billing/payment (page)  | origin, resolved
            B        C1  Mon 2 Mar 11:01  phone handled, no reason                      | undecidable
            alert third-in-seven-days on B: 3rd in the window, 3rd of its session, no time after A, origin D, over phone, about delivery, billing/payment
        "#]],
    );
}

#[test]
fn withheld_numbers_are_nobody() {
    check(
        r#"
        also: coverage, contacts
        Mon 2 Mar 10:00  phone A handled, number anonymous, until 10:06
        Mon 2 Mar 11:00  phone B handled, number anonymous, until 11:06
        Mon 2 Mar 12:00  phone D abandoned, until 12:01
        Mon 2 Mar 13:00  phone E handled, customer C1, until 13:01
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  nobody known  Mon 2 Mar 10:00  phone handled, not counted: unknown customer    | undecidable
            B  nobody known  Mon 2 Mar 11:00  phone handled, not counted: unknown customer    | undecidable
            D  nobody known  Mon 2 Mar 12:00  phone abandoned, not counted: unknown customer  | undecidable
            E  C1            Mon 2 Mar 13:00  phone handled                                   | origin, resolved
            coverage: 0.25
            contacts: phone 4
        "#]],
    );
}

#[test]
fn surveys_and_compensations_belong_to_the_call() {
    check(
        r#"
        show: satisfaction, cost
        also: sessions
        config: [costs.phone]
        config: fixed = 0.40
        config: per_minute = 0.85
        Tue 3 Mar 08:00  signal csat, of phone A, score 2
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, handling 4min, extra cost 1
        Tue 3 Mar 12:00  signal compensated, of phone A, amount 5
        Wed 4 Mar 10:00  phone B handled, customer C1, until 10:06, handling 2min
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, satisfaction 2, cost 9.8     | origin, repeated by B
            B  C1  Wed 4 Mar 10:00  phone handled, satisfaction none, cost 2.1  | repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, resolved
            session A of C1, Mon 2 Mar 10:00 to Wed 4 Mar 10:06: 2 contacts, 1 repeats, 0 retries, over phone, cost 11.9, avoidable 2.1, handled at last, complete
        "#]],
    );
}

#[test]
fn a_release_is_marked() {
    check(
        r#"
        also: markers, new
        Mon 2 Mar 10:00  signal marker, purpose release, attribute name=4.2
        Mon 2 Mar 11:00  phone A handled, customer C1, until 11:06
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 11:00  phone handled  | origin, pending until Tue 10 Mar 00:00
            marker at Mon 2 Mar 10:00: release 4.2
            new: 2
        "#]],
    );
}

#[test]
fn a_chat_is_handed_over_from_the_bot() {
    check(
        r#"
        show: wait, handling, legs, agent, medium
        Mon 2 Mar 10:00  chat A started, customer C1, medium whatsapp, outcome contained
        Mon 2 Mar 10:02  chat A ended
        Mon 2 Mar 10:02  chat B started, leg of A
        Mon 2 Mar 10:03  chat B accepted, leg of A, agent Ann
        Mon 2 Mar 10:12  chat B ended, leg of A
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  chat handled, waited 3min, handling 9min, legs 2, agent Ann, medium whatsapp  | origin, resolved
        "#]],
    );
}

#[test]
fn every_leg_costs_what_it_costs() {
    check(
        r#"
        show: cost, legs
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, extra cost 1.5
        Mon 2 Mar 10:06  phone B handled, leg of A, until 10:09, extra cost 0.25
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, cost 1.75, legs 2  | origin, resolved
        "#]],
    );
}

#[test]
fn two_systems_give_the_same_id_to_different_calls() {
    check(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, source paris
        Mon 2 Mar 11:00  phone A handled, customer C2, until 11:06, source lyon
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | origin, resolved
            A  C2  Mon 2 Mar 11:00  phone handled  | origin, resolved
        "#]],
    );
}

#[test]
fn the_video_drops_and_the_customer_joins_again() {
    check(
        r#"
        show: legs, end
        Mon 2 Mar 10:00  video A joined, customer C1
        Mon 2 Mar 10:01  video A answered
        Mon 2 Mar 10:05  video A dropped
        Mon 2 Mar 10:06  video B joined, leg of A
        Mon 2 Mar 10:07  video B dropped, leg of A
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  video failed, legs 2, ends Mon 2 Mar 10:07 (stated)  | origin, resolved
        "#]],
    );
}

#[test]
fn a_call_is_passed_on_by_its_relation_and_nobody_knows_the_caller() {
    check(
        r#"
        show: legs
        Mon 2 Mar 10:00  phone A handled, until 10:06
        Mon 2 Mar 10:08  phone B handled, until 10:10, same as A
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  nobody known  Mon 2 Mar 10:00  phone handled, not counted: unknown customer, legs 1  | undecidable
            B  nobody known  Mon 2 Mar 10:08  phone handled, not counted: unknown customer, legs 1  | undecidable
        "#]],
    );
}

/// An event that states no identifiers takes none away.
#[test]
fn a_call_states_no_identifier_any_more() {
    check(
        r#"
        Mon 2 Mar 10:00  phone A offered, customer C1
        raw: {"channel": "phone", "event_id": "x", "kind": "ended", "occurred_at": "2026-03-02T10:05:00+01:00", "contact_id": "A", "identifiers": null}
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone abandoned  | lost
        "#]],
    );
}

#[test]
fn only_a_page_lends_its_reason() {
    check(
        r#"
        show: reason
        Mon 2 Mar 10:00  web W step help, customer C1, declared reason billing
        Mon 2 Mar 10:10  phone A handled, customer C1, until 10:16
        Mon 2 Mar 10:20  web V step help, customer C1, page reason delivery
        Mon 2 Mar 10:30  phone B handled, customer C1, until 10:36
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            W  C1  Mon 2 Mar 10:00  web, reason billing (declared)         | not looked at
            A  C1  Mon 2 Mar 10:10  phone handled, no reason               | origin, repeated by B
            V  C1  Mon 2 Mar 10:20  web, reason delivery (page)            | not looked at
            B  C1  Mon 2 Mar 10:30  phone handled, reason delivery (page)  | repeat, 2nd in the window, 14min after A, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn the_customer_answers_the_survey_twice() {
    check(
        r#"
        show: satisfaction
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 12:00  signal csat, of phone A, score 4, event s2
        Tue 3 Mar 08:00  signal csat, of phone A, score 2, event s1
        Mon 2 Mar 12:00  signal nps, of phone B, score 9
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, satisfaction 4  | origin, resolved
        "#]],
    );
}
