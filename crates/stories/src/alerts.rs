//! Stories about the section *Alerts*, as far as it speaks of `RepeatContact`.

use crate::check::{check, check_told};
use expect_test::expect;

#[test]
fn the_third_time_in_seven_days() {
    check(
        r#"
        config: contact_link = "https://crm.example/contacts/{contact_id}"
        show: tier, link
        config: [costs.phone]
        config: fixed = 2
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason billing
        Wed 4 Mar 10:00  chat B abandoned, customer C1, until 10:06
        Thu 5 Mar 10:00  phone D handled, customer C1, until 10:06, reason billing/payment, tier gold
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, tier none, link https://crm.example/contacts/A   | origin, repeated by B
            B  C1  Wed 4 Mar 10:00  chat abandoned, tier none, link https://crm.example/contacts/B  | repeat, 2nd in the window, 1d 23h 54min after A on another channel, 2nd of session A, retried by D
            D  C1  Thu 5 Mar 10:00  phone handled, tier gold, link https://crm.example/contacts/D   | repeat, 3rd in the window, 23h 54min after B on another channel, 3rd of session A, resolved
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone, chat, about billing, billing/payment, cost 4, tier gold, link https://crm.example/contacts/D
        "#]],
    );
}

#[test]
fn twice_today_for_the_same_reason() {
    check(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason billing
        Mon 2 Mar 12:00  phone B handled, customer C1, until 12:06, reason delivery
        Mon 2 Mar 14:00  chat D handled, customer C1, until 14:06, reason billing
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | origin, repeated by B
            B  C1  Mon 2 Mar 12:00  phone handled  | repeat, 2nd in the window, 1h 54min after A, 2nd of session A, repeated by D
            D  C1  Mon 2 Mar 14:00  chat handled   | repeat, 3rd in the window, 1h 54min after B on another channel, 3rd of session A, resolved
            alert again-today-same-reason on D: 2nd in the window, 2nd of its session, 3h 54min after A, origin A, over phone, chat, about billing
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 1h 54min after B, origin A, over phone, chat, about billing, delivery
        "#]],
    );
}

#[test]
fn the_alert_is_raised_while_the_customer_is_waiting() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06
        Wed 4 Mar 10:00  phone D offered, customer C1
        Wed 4 Mar 10:01  phone D answered
        Wed 4 Mar 10:09  phone D ended
        Wed 4 Mar 10:10  phone D qualified, reason billing
        "#,
        expect![[r#"
            Mon 2 Mar 10:00  A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 3 Mar 10:00  A (C1)  phone handled: origin, repeated by B, provisional by late event
            Tue 3 Mar 10:00  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, pending until Wed 11 Mar 00:00, provisional
            Wed 4 Mar 10:00  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D, provisional by late event
            Wed 4 Mar 10:00  D (C1)  phone open: repeat, 3rd in the window, 23h 54min after B, 3rd of session A, pending until Thu 12 Mar 00:00, provisional
            Wed 4 Mar 10:00  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone (raised)
            Wed 4 Mar 10:09  D (C1)  phone handled: repeat, 3rd in the window, 23h 54min after B, 3rd of session A, pending until Thu 12 Mar 00:00, provisional by correction
            Wed 4 Mar 10:10  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone, about billing (revised by correction)
        "#]],
    );
}

#[test]
fn a_correction_withdraws_the_alert() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06
        Wed 4 Mar 10:00  phone D handled, customer C1, until 10:06
        Thu 5 Mar 09:00  later on: phone B corrected, customer C2
        Fri 6 Mar 09:00  later on: phone B corrected, customer C1
        "#,
        expect![[r#"
            Mon 2 Mar 10:00  A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 3 Mar 10:00  A (C1)  phone handled: origin, repeated by B, provisional by late event
            Tue 3 Mar 10:00  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, pending until Wed 11 Mar 00:00, provisional
            Wed 4 Mar 10:00  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D, provisional by late event
            Wed 4 Mar 10:00  D (C1)  phone handled: repeat, 3rd in the window, 23h 54min after B, 3rd of session A, pending until Thu 12 Mar 00:00, provisional
            Wed 4 Mar 10:00  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone (raised)
            Thu 5 Mar 09:00  A (C1)  phone handled: origin, repeated by D, provisional by identity
            Thu 5 Mar 09:00  D (C1)  phone handled: repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, pending until Thu 12 Mar 00:00, provisional by identity
            Thu 5 Mar 09:00  B is C1's no more
            Thu 5 Mar 09:00  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone (withdrawn by identity)
            Thu 5 Mar 09:00  B (C2)  phone handled: origin, pending until Wed 11 Mar 00:00, provisional
            Fri 6 Mar 09:00  A (C1)  phone handled: origin, repeated by B, provisional by identity
            Fri 6 Mar 09:00  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D, provisional
            Fri 6 Mar 09:00  D (C1)  phone handled: repeat, 3rd in the window, 23h 54min after B, 3rd of session A, pending until Thu 12 Mar 00:00, provisional by identity
            Fri 6 Mar 09:00  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone (revised by identity)
            Fri 6 Mar 09:00  B is C2's no more
        "#]],
    );
}

#[test]
fn a_late_event_revises_instead_of_a_new_alert() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06
        Wed 4 Mar 10:00  phone D handled, customer C1, until 10:06
        Tue 3 Mar 18:00  chat E handled, customer C1, until 18:06
        "#,
        expect![[r#"
            Mon 2 Mar 10:00  A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 3 Mar 10:00  A (C1)  phone handled: origin, repeated by B, provisional by late event
            Tue 3 Mar 10:00  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, pending until Wed 11 Mar 00:00, provisional
            Wed 4 Mar 10:00  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D, provisional by late event
            Wed 4 Mar 10:00  D (C1)  phone handled: repeat, 3rd in the window, 23h 54min after B, 3rd of session A, pending until Thu 12 Mar 00:00, provisional
            Wed 4 Mar 10:00  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone (raised)
            Wed 4 Mar 10:06  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by E, provisional by late event
            Wed 4 Mar 10:06  E (C1)  chat handled: repeat, 3rd in the window, 7h 54min after B on another channel, 3rd of session A, repeated by D, provisional
            Wed 4 Mar 10:06  D (C1)  phone handled: repeat, 4th in the window, 15h 54min after E on another channel, 4th of session A, pending until Thu 12 Mar 00:00, provisional by late event
            Wed 4 Mar 10:06  alert third-in-seven-days on E: 3rd in the window, 3rd of its session, 7h 54min after B, origin A, over phone, chat (raised)
            Wed 4 Mar 10:06  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone (withdrawn by late event)
        "#]],
    );
}

#[test]
fn no_second_alert_within_a_day_of_a_standing_one() {
    check(
        r#"
        config: policies = [{ name = "again", reading = "j+7 assisted any", count_min = 2, cool_down = "24h" }]
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 2 Mar 12:00  phone B handled, customer C1, until 12:06
        Tue 3 Mar 11:59  phone D handled, customer C1, until 12:06
        Tue 3 Mar 12:00  phone E handled, customer C1, until 12:06
        Wed 4 Mar 12:00  phone F handled, customer C1, until 12:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | origin, repeated by B
            B  C1  Mon 2 Mar 12:00  phone handled  | repeat, 2nd in the window, 1h 54min after A, 2nd of session A, repeated by D
            D  C1  Tue 3 Mar 11:59  phone handled  | repeat, 3rd in the window, 23h 53min after B, 3rd of session A, repeated by E
            E  C1  Tue 3 Mar 12:00  phone handled  | repeat, 4th in the window, during D, 4th of session A, repeated by F
            F  C1  Wed 4 Mar 12:00  phone handled  | repeat, 5th in the window, 23h 54min after E, 5th of session A, resolved
            alert again on B: 2nd in the window, 2nd of its session, 1h 54min after A, origin A, over phone
            alert again on E: 4th in the window, 4th of its session, no time after D, origin A, over phone
            alert again on F: 5th in the window, 5th of its session, 23h 54min after E, origin A, over phone
        "#]],
    );
}

#[test]
fn a_withdrawn_alert_lets_the_suppressed_one_stand() {
    check_told(
        r#"
        config: policies = [{ name = "again", reading = "j+7 assisted any", count_min = 2, cool_down = "24h" }]
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 2 Mar 12:00  phone B handled, customer C1, until 12:06
        Mon 2 Mar 14:00  phone D handled, customer C1, until 14:06
        Tue 3 Mar 09:00  later on: phone B corrected, outbound
        "#,
        expect![[r#"
            Mon 2 Mar 10:00  A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 12:00  A (C1)  phone handled: origin, repeated by B, provisional by late event
            Mon 2 Mar 12:00  B (C1)  phone handled: repeat, 2nd in the window, 1h 54min after A, 2nd of session A, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 12:00  alert again on B: 2nd in the window, 2nd of its session, 1h 54min after A, origin A, over phone (raised)
            Mon 2 Mar 14:00  B (C1)  phone handled: repeat, 2nd in the window, 1h 54min after A, 2nd of session A, repeated by D, provisional by late event
            Mon 2 Mar 14:00  D (C1)  phone handled: repeat, 3rd in the window, 1h 54min after B, 3rd of session A, pending until Tue 10 Mar 00:00, provisional
            Tue 3 Mar 09:00  A (C1)  phone handled: origin, repeated by D, provisional by correction
            Tue 3 Mar 09:00  B (C1)  phone outbound handled, not counted: outbound: ineligible, final by correction
            Tue 3 Mar 09:00  D (C1)  phone handled: repeat, 2nd in the window, 3h 54min after A, 2nd of session A, pending until Tue 10 Mar 00:00, provisional by correction
            Tue 3 Mar 09:00  alert again on D: 2nd in the window, 2nd of its session, 3h 54min after A, origin A, over phone (raised)
            Tue 3 Mar 09:00  alert again on B: 2nd in the window, 2nd of its session, 1h 54min after A, origin A, over phone (withdrawn by correction)
        "#]],
    );
}

#[test]
fn a_policy_without_cool_down_tells_every_one() {
    check(
        r#"
        config: policies = [{ name = "again", reading = "j+7 assisted any", count_min = 2, cool_down = "0s" }]
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 2 Mar 12:00  phone B handled, customer C1, until 12:06
        Mon 2 Mar 12:10  phone D handled, customer C1, until 12:16
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | origin, repeated by B
            B  C1  Mon 2 Mar 12:00  phone handled  | repeat, 2nd in the window, 1h 54min after A, 2nd of session A, repeated by D
            D  C1  Mon 2 Mar 12:10  phone handled  | repeat, 3rd in the window, 4min after B, 3rd of session A, resolved
            alert again on B: 2nd in the window, 2nd of its session, 1h 54min after A, origin A, over phone
            alert again on D: 3rd in the window, 3rd of its session, 4min after B, origin A, over phone
        "#]],
    );
}

#[test]
fn policies_for_a_channel_a_reason_and_a_tier() {
    check(
        r#"
        config: [[policies]]
        config: name = "on-the-phone"
        config: reading = "j+7 assisted any"
        config: count_min = 2
        config: channels = ["phone"]
        config: [[policies]]
        config: name = "about-billing"
        config: reading = "j+7 assisted any"
        config: count_min = 2
        config: reasons = ["billing"]
        config: [[policies]]
        config: name = "gold"
        config: reading = "j+7 assisted any"
        config: count_min = 2
        config: tiers = ["gold"]
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Wed 4 Mar 10:00  phone B handled, customer C1, until 10:06, reason billings
        Fri 6 Mar 10:00  chat D handled, customer C1, until 10:06, reason billing/payment
        Sun 8 Mar 10:00  chat E handled, customer C1, until 10:06, tier gold
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | origin, repeated by B
            B  C1  Wed 4 Mar 10:00  phone handled  | repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, repeated by D
            D  C1  Fri 6 Mar 10:00  chat handled   | repeat, 3rd in the window, 1d 23h 54min after B on another channel, 3rd of session A, repeated by E
            E  C1  Sun 8 Mar 10:00  chat handled   | repeat, 4th in the window, 1d 23h 54min after D, 4th of session A, resolved
            alert on-the-phone on B: 2nd in the window, 2nd of its session, 1d 23h 54min after A, origin A, over phone, about billings
            alert about-billing on D: 3rd in the window, 3rd of its session, 1d 23h 54min after B, origin A, over phone, chat, about billings, billing/payment
            alert gold on E: 4th in the window, 4th of its session, 1d 23h 54min after D, origin A, over phone, chat, about billings, billing/payment
        "#]],
    );
}

#[test]
fn only_followers_raise() {
    check(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06
        Wed 4 Mar 10:00  phone D handled, customer C1, until 10:06, by appointment
        Wed 4 Mar 11:00  phone E handled, customer C1, until 11:06, outbound
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled                                  | origin, repeated by B
            B  C1  Tue 3 Mar 10:00  phone handled                                  | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, resolved
            D  C1  Wed 4 Mar 10:00  phone handled                                  | 3rd in the window, 23h 54min after B, 3rd of session A, origin, resolved
            E  C1  Wed 4 Mar 11:00  phone outbound handled, not counted: outbound  | ineligible
        "#]],
    );
}

#[test]
fn retries_are_told_too() {
    check(
        r#"
        Mon 2 Mar 10:00  phone A abandoned, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B abandoned, customer C1, until 10:06
        Wed 4 Mar 10:00  phone D abandoned, customer C1, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone abandoned  | retried by B
            B  C1  Tue 3 Mar 10:00  phone abandoned  | retry, 2nd in the window, 23h 54min after A, 2nd of session A, retried by D
            D  C1  Wed 4 Mar 10:00  phone abandoned  | retry, 3rd in the window, 23h 54min after B, 3rd of session A, lost
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, over phone
        "#]],
    );
}

#[test]
fn how_many_a_policy_would_have_raised() {
    check(
        r#"
        also: policies
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06
        Wed 4 Mar 10:00  phone D handled, customer C1, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | origin, repeated by B
            B  C1  Tue 3 Mar 10:00  phone handled  | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D
            D  C1  Wed 4 Mar 10:00  phone handled  | repeat, 3rd in the window, 23h 54min after B, 3rd of session A, resolved
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone
            policies: third-in-seven-days 1
        "#]],
    );
}

#[test]
fn an_alert_that_was_withdrawn_stands_again() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06
        Wed 4 Mar 10:00  phone D handled, customer C1, until 10:06
        Thu 5 Mar 09:00  later on: phone B corrected, customer C2, until Tue 3 Mar 10:06
        Fri 6 Mar 09:00  later on: phone B corrected, customer C1, until Tue 3 Mar 10:06
        "#,
        expect![[r#"
            Mon 2 Mar 10:00  A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 3 Mar 10:00  A (C1)  phone handled: origin, repeated by B, provisional by late event
            Tue 3 Mar 10:00  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, pending until Wed 11 Mar 00:00, provisional
            Wed 4 Mar 10:00  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D, provisional by late event
            Wed 4 Mar 10:00  D (C1)  phone handled: repeat, 3rd in the window, 23h 54min after B, 3rd of session A, pending until Thu 12 Mar 00:00, provisional
            Wed 4 Mar 10:00  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone (raised)
            Thu 5 Mar 09:00  A (C1)  phone handled: origin, repeated by D, provisional by identity
            Thu 5 Mar 09:00  D (C1)  phone handled: repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, pending until Thu 12 Mar 00:00, provisional by identity
            Thu 5 Mar 09:00  B is C1's no more
            Thu 5 Mar 09:00  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone (withdrawn by identity)
            Thu 5 Mar 09:00  B (C2)  phone handled: origin, pending until Wed 11 Mar 00:00, provisional
            Fri 6 Mar 09:00  A (C1)  phone handled: origin, repeated by B, provisional by identity
            Fri 6 Mar 09:00  B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D, provisional
            Fri 6 Mar 09:00  D (C1)  phone handled: repeat, 3rd in the window, 23h 54min after B, 3rd of session A, pending until Thu 12 Mar 00:00, provisional by identity
            Fri 6 Mar 09:00  alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone (revised by identity)
            Fri 6 Mar 09:00  B is C2's no more
        "#]],
    );
}
