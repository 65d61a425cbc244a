//! Stories about the paragraphs *Visit* and *Steps* of the section *Contacts*.

use crate::check::{check, check_told};
use expect_test::expect;

#[test]
fn half_an_hour_of_silence_parts_two_visits() {
    check(
        r#"
        readings: j+7 all any
        show: end
        Mon 2 Mar 10:00  web - step help, device D1, customer C1
        Mon 2 Mar 10:30  web - step account, device D1
        Mon 2 Mar 11:00:00.001  web - step help, device D1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            visit-1  C1  Mon 2 Mar 10:00         web, ends Mon 2 Mar 10:30 (inferred)         | repeated by visit-2
            visit-2  C1  Mon 2 Mar 11:00:00.001  web, ends Mon 2 Mar 11:00:00.001 (inferred)  | repeat, 2nd in the window, 30min 1ms after visit-1, 2nd of session visit-1, resolved
        "#]],
    );
}

#[test]
fn a_late_page_joins_two_visits() {
    check_told(
        r#"
        readings: j+7 all any
        Mon 2 Mar 10:00  web - step help, device D1, customer C1
        Mon 2 Mar 10:50  web - step account, device D1, customer C1
        Mon 2 Mar 11:30  phone A handled, customer C1, until 11:40
        Mon 2 Mar 10:25  web - page_view, device D1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            Mon 2 Mar 10:00   visit-1 (C1)  web open: pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 10:50   visit-1 (C1)  web: pending until Tue 10 Mar 00:00, provisional by correction
            Mon 2 Mar 10:50   visit-1 (C1)  web: repeated by visit-2, provisional by late event
            Mon 2 Mar 10:50   visit-2 (C1)  web open: repeat, 2nd in the window, 50min after visit-1, 2nd of session visit-1, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 11:30   visit-2 (C1)  web: repeat, 2nd in the window, 50min after visit-1, 2nd of session visit-1, pending until Tue 10 Mar 00:00, provisional by correction
            Mon 2 Mar 11:30   visit-2 (C1)  web: repeat, 2nd in the window, 50min after visit-1, 2nd of session visit-1, repeated by A, provisional by late event
            Mon 2 Mar 11:30   A (C1)        phone handled: repeat, 3rd in the window, 40min after visit-2 on another channel, 3rd of session visit-1, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 11:40   visit-1 (C1)  web: repeated by A, provisional by correction
            Mon 2 Mar 11:40   A (C1)        phone handled: repeat, 2nd in the window, 40min after visit-1 on another channel, 2nd of session visit-1, pending until Tue 10 Mar 00:00, provisional by correction
            Mon 2 Mar 11:40   visit-2 is C1's no more
            Tue 17 Mar 00:00  visit-1 (C1)  web: repeated by A, final by time
            Tue 17 Mar 00:00  A (C1)        phone handled: repeat, 2nd in the window, 40min after visit-1 on another channel, 2nd of session visit-1, resolved, final by time
        "#]],
    );
}

#[test]
fn a_late_page_withdraws_the_alert_of_two_visits() {
    check_told(
        r#"
        readings: j+7 all any
        config: policies = [{ name = "twice", reading = "j+7 all any", count_min = 2 }]
        Mon 2 Mar 10:00  web - step help, device D1, customer C1
        Mon 2 Mar 10:50  web - step account, device D1, customer C1
        Mon 2 Mar 10:25  web - page_view, device D1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            Mon 2 Mar 10:00   visit-1 (C1)  web open: pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 10:50   visit-1 (C1)  web: pending until Tue 10 Mar 00:00, provisional by correction
            Mon 2 Mar 10:50   visit-1 (C1)  web: repeated by visit-2, provisional by late event
            Mon 2 Mar 10:50   visit-2 (C1)  web open: repeat, 2nd in the window, 50min after visit-1, 2nd of session visit-1, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 10:50   alert twice on visit-2: 2nd in the window, 2nd of its session, 50min after visit-1, over web (raised)
            Mon 2 Mar 10:50   visit-1 (C1)  web open: pending until Tue 10 Mar 00:00, provisional by correction
            Mon 2 Mar 10:50   visit-2 is C1's no more
            Mon 2 Mar 10:50   alert twice on visit-2: 2nd in the window, 2nd of its session, 50min after visit-1, over web (withdrawn by correction)
            Tue 17 Mar 00:00  visit-1 (C1)  web: pending until Tue 10 Mar 00:00, provisional by correction
            Tue 17 Mar 00:00  visit-1 (C1)  web: resolved, final by time
        "#]],
    );
}

#[test]
fn a_late_page_turns_out_to_be_the_first() {
    check(
        r#"
        readings: j+7 all any
        show: end, page
        Mon 2 Mar 10:10  web - step help, device D1, customer C1, page Help
        Mon 2 Mar 10:20  web - page_view, device D1, page Home
        Mon 2 Mar 10:00  web - page_view, device D1, page Start
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            visit-1  C1  Mon 2 Mar 10:00  web, ends Mon 2 Mar 10:20 (inferred), page Help  | resolved
        "#]],
    );
}

#[test]
fn the_tool_says_what_a_visit_is() {
    check(
        r#"
        readings: j+7 all any
        show: end
        Mon 2 Mar 10:00  web W1 step help, device D1, customer C1
        Mon 2 Mar 13:00  web W1 step account, device D1
        Mon 2 Mar 13:05  web W2 step help, device D1, customer C1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            W1  C1  Mon 2 Mar 10:00  web, ends Mon 2 Mar 13:00 (inferred)  | repeated by W2
            W2  C1  Mon 2 Mar 13:05  web, ends Mon 2 Mar 13:05 (inferred)  | repeat, 2nd in the window, 5min after W1, 2nd of session W1, resolved
        "#]],
    );
}

#[test]
fn two_devices_are_two_visits() {
    check(
        r#"
        readings: j+7 all any
        Mon 2 Mar 10:00  web - step help, device D1, customer C1
        Mon 2 Mar 10:05  web - step help, device D2, customer C1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            visit-1  C1  Mon 2 Mar 10:00  web  | repeated by visit-2
            visit-2  C1  Mon 2 Mar 10:05  web  | repeat, 2nd in the window, 5min after visit-1, 2nd of session visit-1, resolved
        "#]],
    );
}

#[test]
fn the_customer_logs_in_at_the_end_of_the_visit() {
    check(
        r#"
        readings: j+7 all any
        Mon 2 Mar 09:00  phone A handled, customer C1, until 09:10
        Mon 2 Mar 10:00  web - step help, device D1
        Mon 2 Mar 10:05  web - login, device D1, customer C1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A        C1  Mon 2 Mar 09:00  phone handled  | origin, repeated by visit-1
            visit-1  C1  Mon 2 Mar 10:00  web            | repeat, 2nd in the window, 50min after A on another channel, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn a_login_days_later_claims_the_visits_before() {
    check_told(
        r#"
        readings: j+7 all any
        Mon 2 Mar 10:00  web - step help, device D1
        Mon 2 Mar 11:00  phone A handled, customer C1, until 11:10
        Wed 4 Mar 10:00  web - login, device D1, customer C1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            Mon 2 Mar 10:00   visit-1 (device D1)  web open: pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 11:00   visit-1 (device D1)  web: pending until Tue 10 Mar 00:00, provisional by correction
            Mon 2 Mar 11:00   A (C1)               phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Wed 4 Mar 10:00   visit-1 (C1)         web: repeated by A, provisional
            Wed 4 Mar 10:00   A (C1)               phone handled: repeat, 2nd in the window, 1h after visit-1 on another channel, 2nd of session visit-1, pending until Tue 10 Mar 00:00, provisional by identity
            Wed 4 Mar 10:00   visit-2 (C1)         web open, not counted: no service step: ineligible, provisional
            Wed 4 Mar 10:00   visit-1 is device D1's no more
            Tue 17 Mar 00:00  visit-2 (C1)         web, not counted: no service step: ineligible, final by correction
            Tue 17 Mar 00:00  visit-1 (C1)         web: repeated by A, final by time
            Tue 17 Mar 00:00  A (C1)               phone handled: repeat, 2nd in the window, 1h after visit-1 on another channel, 2nd of session visit-1, resolved, final by time
        "#]],
    );
}

#[test]
fn the_advisor_shows_the_customer_the_way_on_the_site() {
    check(
        r#"
        readings: j+7 all any
        show: roles
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:20
        Mon 2 Mar 10:20  web - step account, device D1, customer C1
        Mon 2 Mar 11:00  web - step account, device D1, customer C1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A        C1  Mon 2 Mar 10:00  phone handled, prior answered follower origin  | origin, repeated by visit-1
            visit-2  C1  Mon 2 Mar 10:20  web, not counted: assistance, prior answered   | 2nd in the window, right after A on another channel, 2nd of session A, repeated by visit-1
            visit-1  C1  Mon 2 Mar 11:00  web, prior answered follower                   | repeat, 3rd in the window, 40min after visit-2, 3rd of session A, resolved
        "#]],
    );
}

#[test]
fn a_visit_during_a_call_from_the_brand_is_assistance_too() {
    check(
        r#"
        readings: j+7 all any
        show: roles
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:20, outbound
        Mon 2 Mar 10:10  web - step account, device D1, customer C1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A        C1  Mon 2 Mar 10:00  phone outbound handled, not counted: outbound, prior none  | ineligible
            visit-1  C1  Mon 2 Mar 10:10  web, not counted: assistance, prior answered               | resolved
        "#]],
    );
}

#[test]
fn a_visit_while_a_mail_waits_is_no_assistance() {
    check(
        r#"
        readings: j+7 all any
        Mon 2 Mar 10:00  email m1 received, customer C1, thread T
        Mon 2 Mar 11:00  web - step account, device D1, customer C1
        Mon 2 Mar 15:00  email m2 sent, thread T
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            m1       C1  Mon 2 Mar 10:00  email handled  | origin, repeated by visit-1
            visit-1  C1  Mon 2 Mar 11:00  web            | repeat, 2nd in the window, during m1 on another channel, 2nd of session m1, resolved
        "#]],
    );
}

#[test]
fn a_brand_that_counts_visits_during_calls() {
    check(
        r#"
        readings: j+7 all any
        config: [visits]
        config: assistance = false
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:20
        Mon 2 Mar 10:10  web - step account, device D1, customer C1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A        C1  Mon 2 Mar 10:00  phone handled  | origin, repeated by visit-1
            visit-1  C1  Mon 2 Mar 10:10  web            | repeat, 2nd in the window, during A on another channel, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn a_visit_to_the_home_page_does_not_count() {
    check(
        r#"
        readings: j+7 all any
        Mon 2 Mar 10:00  web - page_view, device D1, customer C1, page Home
        Mon 2 Mar 12:00  web - step basket, device D1, customer C1
        Mon 2 Mar 14:00  web - step basket failed, device D1, customer C1
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            visit-1  C1  Mon 2 Mar 10:00  web, not counted: no service step  | ineligible
            visit-2  C1  Mon 2 Mar 12:00  web, not counted: no service step  | ineligible
            visit-3  C1  Mon 2 Mar 14:00  web                                | resolved
        "#]],
    );
}

#[test]
fn a_brand_that_counts_every_visit() {
    check(
        r#"
        readings: j+7 all any
        config: [visits]
        config: count_steps = ["*"]
        Mon 2 Mar 10:00  web - page_view, device D1, customer C1, page Home
        Mon 2 Mar 12:00  web - page_view, device D1, customer C1, page Home
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            visit-1  C1  Mon 2 Mar 10:00  web  | repeated by visit-2
            visit-2  C1  Mon 2 Mar 12:00  web  | repeat, 2nd in the window, 2h after visit-1, 2nd of session visit-1, resolved
        "#]],
    );
}

#[test]
fn addresses_and_pages_become_steps() {
    check(
        r#"
        readings: j+7 all any
        show: page, reason
        config: [tables]
        config: steps = [
        config:   { url = "https://shop.example/help/*", step = "help", reason = "billing", page = "Help" },
        config:   { event = "Orders", step = "account", reason = "delivery" },
        config: ]
        Mon 2 Mar 10:00  web - page_view, device D1, customer C1, url https://shop.example/help/pay?from=mail
        Mon 2 Mar 12:00  web - page_view, device D1, customer C1, page Orders
        Mon 2 Mar 14:00  web - page_view, device D1, customer C1, url https://shop.example/home
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            visit-1  C1  Mon 2 Mar 10:00  web, page Help, reason billing (page)                    | repeated by visit-2
            visit-2  C1  Mon 2 Mar 12:00  web, page Orders, reason delivery (page)                 | repeat, 2nd in the window, 2h after visit-1, 2nd of session visit-1, resolved
            visit-3  C1  Mon 2 Mar 14:00  web, not counted: no service step, page none, no reason  | ineligible
        "#]],
    );
}

#[test]
fn a_whole_visit_in_one_record() {
    check(
        r#"
        readings: j+7 all any
        show: end
        Mon 2 Mar 10:00  web W1 contact, customer C1, until 10:12, started 10:00, page Help, declared reason billing
        Mon 2 Mar 10:00  web - contact, device D1, customer C1, until 10:05
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            W1       C1  Mon 2 Mar 10:00  web, not counted: no service step, ends Mon 2 Mar 10:12 (stated)  | ineligible
            visit-1  C1  Mon 2 Mar 10:00  web, not counted: no service step, ends Mon 2 Mar 10:05 (stated)  | ineligible
        "#]],
    );
}

#[test]
fn a_visit_inside_two_calls_that_are_one() {
    check(
        r#"
        readings: j+7 all any
        show: legs
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:05
        Mon 2 Mar 10:10  web - step account, device D1, customer C1
        Mon 2 Mar 10:15  phone B handled, customer C1, until 10:20, same as A
        Tue 17 Mar 00:00 time passes
        "#,
        expect![[r#"
            A        C1  Mon 2 Mar 10:00  phone handled, legs 2                 | origin, resolved
            visit-1  C1  Mon 2 Mar 10:10  web, not counted: assistance, legs 1  | 2nd in the window, during A on another channel, 2nd of session A, resolved
        "#]],
    );
}
