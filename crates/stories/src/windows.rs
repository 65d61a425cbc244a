//! Stories about the section *Windows and readings*.

use crate::check::check;
use expect_test::expect;

#[test]
fn the_seventh_day_is_inside_until_midnight() {
    check(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 9 Mar 23:59:59.999  phone B handled, customer C1, until Tue 10 Mar 00:05
        Mon 2 Mar 10:00  phone D handled, customer C2, until 10:06
        Tue 10 Mar 00:00  phone E handled, customer C2, until 00:05
        Wed 25 Mar 00:00 time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00         phone handled  | origin, repeated by B
            D  C2  Mon 2 Mar 10:00         phone handled  | origin, resolved
            B  C1  Mon 9 Mar 23:59:59.999  phone handled  | repeat, 2nd in the window, 7d 13h 53min 59s 999ms after A, 2nd of session A, resolved
            E  C2  Tue 10 Mar 00:00        phone handled  | origin, resolved
        "#]],
    );
}

#[test]
fn again_on_the_same_day() {
    check(
        r#"
        readings: intraday assisted any
        Mon 2 Mar 00:00  phone A handled, customer C1, until 00:06
        Mon 2 Mar 23:59  phone B handled, customer C1, until Tue 3 Mar 00:04
        Tue 3 Mar 00:30  phone D handled, customer C1, until 00:34
        Wed 4 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 00:00  phone handled  | origin, repeated by B
            B  C1  Mon 2 Mar 23:59  phone handled  | repeat, 2nd in the window, 23h 53min after A, 2nd of session A, repeated by D
            D  C1  Tue 3 Mar 00:30  phone handled  | repeat, 2nd in the window, 26min after B, 3rd of session A, resolved
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 26min after B, origin A, over phone
        "#]],
    );
}

#[test]
fn twenty_four_hours_to_the_millisecond() {
    check(
        r#"
        readings: 24h assisted any
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:06  phone B handled, customer C1, until 10:06
        Mon 2 Mar 10:00  phone D handled, customer C2, until 10:06
        Tue 3 Mar 10:06:00.001  phone E handled, customer C2, until 10:07
        Thu 5 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00         phone handled  | origin, repeated by B
            D  C2  Mon 2 Mar 10:00         phone handled  | origin, resolved
            B  C1  Tue 3 Mar 10:06         phone handled  | repeat, 2nd in the window, 1d after A, 2nd of session A, resolved
            E  C2  Tue 3 Mar 10:06:00.001  phone handled  | origin, resolved
        "#]],
    );
}

#[test]
fn the_day_of_twenty_three_hours() {
    check(
        r#"
        readings: 24h assisted any; intraday assisted any; j+1 assisted any
        config: [windows]
        config: intraday = { calendar_days = 0 }
        config: "24h" = { rolling = "24h" }
        config: "j+1" = { calendar_days = 1 }
        config: "j+7" = { calendar_days = 7 }
        Sat 28 Mar 10:00  phone A handled, customer C1, until 10:00
        Sun 29 Mar 11:00  phone B handled, customer C1, until 11:00
        Sun 29 Mar 01:59  phone D handled, customer C2, until 01:59
        Sun 29 Mar 03:01  phone E handled, customer C2, until 03:01
        Wed 8 Apr 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Sat 28 Mar 10:00  phone handled
                24h assisted any: origin, repeated by B
                intraday assisted any: origin, resolved
                j+1 assisted any: origin, repeated by B
            D  C2  Sun 29 Mar 01:59  phone handled
                24h assisted any: origin, repeated by E
                intraday assisted any: origin, repeated by E
                j+1 assisted any: origin, repeated by E
            E  C2  Sun 29 Mar 03:01  phone handled
                24h assisted any: repeat, 2nd in the window, 2min after D, 2nd of session D, resolved
                intraday assisted any: repeat, 2nd in the window, 2min after D, 2nd of session D, resolved
                j+1 assisted any: repeat, 2nd in the window, 2min after D, 2nd of session D, resolved
            B  C1  Sun 29 Mar 11:00  phone handled
                24h assisted any: repeat, 2nd in the window, 1d after A, 2nd of session A, resolved
                intraday assisted any: origin, resolved
                j+1 assisted any: repeat, 2nd in the window, 1d after A, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn the_day_of_twenty_five_hours() {
    check(
        r#"
        readings: 24h assisted any; intraday assisted any; j+1 assisted any
        config: [windows]
        config: intraday = { calendar_days = 0 }
        config: "24h" = { rolling = "24h" }
        config: "j+1" = { calendar_days = 1 }
        config: "j+7" = { calendar_days = 7 }
        Sat 24 Oct 10:00  phone A handled, customer C1, until 10:00
        Sun 25 Oct 09:30  phone B handled, customer C1, until 09:30
        Sun 25 Oct 02:30  phone D handled, customer C2, until 02:30
        Sun 25 Oct 02:30 again  phone E handled, customer C2, until 02:30 again
        Wed 4 Nov 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Sat 24 Oct 10:00        phone handled
                24h assisted any: origin, resolved
                intraday assisted any: origin, resolved
                j+1 assisted any: origin, repeated by B
            D  C2  Sun 25 Oct 02:30        phone handled
                24h assisted any: origin, repeated by E
                intraday assisted any: origin, repeated by E
                j+1 assisted any: origin, repeated by E
            E  C2  Sun 25 Oct 02:30 again  phone handled
                24h assisted any: repeat, 2nd in the window, 1h after D, 2nd of session D, resolved
                intraday assisted any: repeat, 2nd in the window, 1h after D, 2nd of session D, resolved
                j+1 assisted any: repeat, 2nd in the window, 1h after D, 2nd of session D, resolved
            B  C1  Sun 25 Oct 09:30        phone handled
                24h assisted any: origin, resolved
                intraday assisted any: origin, resolved
                j+1 assisted any: repeat, 2nd in the window, 1d 30min after A, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn a_day_in_santiago_that_begins_at_one() {
    check(
        r#"
        the centre: America/Santiago
        Sat 29 Aug 10:00  phone A handled, customer C1, until 10:06
        Sat 5 Sep 23:59:59  phone B handled, customer C1, until Sun 6 Sep 01:10
        Sat 29 Aug 10:00  phone D handled, customer C2, until 10:06
        Sun 6 Sep 01:00  phone E handled, customer C2, until 01:10
        Sun 6 Sep 12:00  time passes
        "#,
        expect![[r#"
            A  C1  Sat 29 Aug 10:00    phone handled  | origin, repeated by B
            D  C2  Sat 29 Aug 10:00    phone handled  | origin, resolved
            B  C1  Sat 5 Sep 23:59:59  phone handled  | repeat, 2nd in the window, 7d 13h 53min 59s after A, 2nd of session A, pending until Mon 14 Sep 00:00
            E  C2  Sun 6 Sep 01:00     phone handled  | origin, pending until Mon 14 Sep 00:00
        "#]],
    );
}

#[test]
fn a_window_that_closes_at_a_midnight_that_is_not_there() {
    check(
        r#"
        the centre: America/Santiago
        Sat 29 Aug 10:00  phone A handled, customer C1, until 10:06
        Sat 5 Sep 23:59:59  time passes
        "#,
        expect![[r#"
            A  C1  Sat 29 Aug 10:00  phone handled  | origin, pending until Sun 6 Sep 01:00
        "#]],
    );
}

#[test]
fn a_midnight_in_havana_that_comes_twice() {
    check(
        r#"
        the centre: America/Havana
        Sat 24 Oct 10:00  phone A handled, customer C1, until 10:06
        Sat 31 Oct 23:59  phone B handled, customer C1, until 23:59
        Sat 24 Oct 10:00  phone D handled, customer C2, until 10:06
        Sun 1 Nov 00:30  phone E handled, customer C2, until 00:40
        Sat 24 Oct 10:00  phone F handled, customer C3, until 10:06
        Sun 1 Nov 00:30 again  phone G handled, customer C3, until 00:40 again
        Sun 1 Nov 12:00  time passes
        "#,
        expect![[r#"
            A  C1  Sat 24 Oct 10:00       phone handled  | origin, repeated by B
            D  C2  Sat 24 Oct 10:00       phone handled  | origin, resolved
            F  C3  Sat 24 Oct 10:00       phone handled  | origin, resolved
            B  C1  Sat 31 Oct 23:59       phone handled  | repeat, 2nd in the window, 7d 13h 53min after A, 2nd of session A, pending until Sun 8 Nov 00:00
            E  C2  Sun 1 Nov 00:30        phone handled  | origin, pending until Mon 9 Nov 00:00
            G  C3  Sun 1 Nov 00:30 again  phone handled  | origin, pending until Mon 9 Nov 00:00
        "#]],
    );
}

#[test]
fn two_working_days_over_a_sunday_and_a_holiday() {
    check(
        r#"
        readings: j+2bd assisted any
        config: week = ["mon", "tue", "wed", "thu", "fri", "sat"]
        config: holidays = ["2026-04-06"]
        config: headline = "j+2bd assisted any"
        config: policies = []
        config: [windows]
        config: "j+2bd" = { business_days = 2 }
        Sat 4 Apr 10:00  phone A handled, customer C1, until 10:06
        Wed 8 Apr 23:59  phone B handled, customer C1, until 23:59
        Sat 4 Apr 10:00  phone D handled, customer C2, until 10:06
        Thu 9 Apr 00:00  phone E handled, customer C2, until 00:10
        Fri 10 Apr 10:00  phone F handled, customer C3, until 10:06
        Fri 17 Apr 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Sat 4 Apr 10:00   phone handled  | origin, repeated by B
            D  C2  Sat 4 Apr 10:00   phone handled  | origin, resolved
            B  C1  Wed 8 Apr 23:59   phone handled  | repeat, 2nd in the window, 4d 13h 53min after A, 2nd of session A, resolved
            E  C2  Thu 9 Apr 00:00   phone handled  | origin, resolved
            F  C3  Fri 10 Apr 10:00  phone handled  | origin, resolved
        "#]],
    );
}

#[test]
fn a_contact_on_a_sunday_begins_to_count_on_monday() {
    check(
        r#"
        readings: j+1bd assisted any
        config: week = ["mon", "tue", "wed", "thu", "fri"]
        config: headline = "j+1bd assisted any"
        config: policies = []
        config: [windows]
        config: "j+1bd" = { business_days = 1 }
        Sun 8 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 9 Mar 20:00  phone B handled, customer C1, until 20:06
        Sat 14 Mar 12:00  phone D handled, customer C1, until 12:06
        Fri 20 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Sun 8 Mar 10:00   phone handled  | origin, repeated by B
            B  C1  Mon 9 Mar 20:00   phone handled  | repeat, 2nd in the window, 1d 9h 54min after A, 2nd of session A, resolved
            D  C1  Sat 14 Mar 12:00  phone handled  | origin, resolved
        "#]],
    );
}

#[test]
fn a_long_call_measured_from_its_end_and_from_its_start() {
    check(
        r#"
        readings: from-end assisted any; from-start assisted any
        config: headline = "from-end assisted any"
        config: policies = []
        config: [windows]
        config: from-end = { rolling = "2h" }
        config: from-start = { rolling = "2h", from = "start" }
        Mon 2 Mar 10:00  phone A handled, customer C1, until 11:00
        Mon 2 Mar 12:30  phone B handled, customer C1, until 12:40
        Tue 3 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled
                from-end assisted any: origin, repeated by B
                from-start assisted any: origin, resolved
            B  C1  Mon 2 Mar 12:30  phone handled
                from-end assisted any: repeat, 2nd in the window, 1h 30min after A, 2nd of session A, resolved
                from-start assisted any: origin, resolved
        "#]],
    );
}

#[test]
fn the_phone_and_the_chat_in_three_scopes() {
    check(
        r#"
        readings: j+7 phone any; j+7 assisted any; j+7 written any
        config: [scopes]
        config: written = ["chat", "email"]
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  chat B handled, customer C1, until 10:06
        Wed 4 Mar 10:00  phone D handled, customer C1, until 10:06
        Fri 20 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled
                j+7 phone any: origin, repeated by D
                j+7 assisted any: origin, repeated by B
                j+7 written any: not looked at
            B  C1  Tue 3 Mar 10:00  chat handled
                j+7 phone any: not looked at
                j+7 assisted any: repeat, 2nd in the window, 23h 54min after A on another channel, 2nd of session A, repeated by D
                j+7 written any: origin, resolved
            D  C1  Wed 4 Mar 10:00  phone handled
                j+7 phone any: repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, resolved
                j+7 assisted any: repeat, 3rd in the window, 23h 54min after B on another channel, 3rd of session A, resolved
                j+7 written any: not looked at
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone, chat
        "#]],
    );
}

#[test]
fn the_same_reason_to_two_levels() {
    check(
        r#"
        readings: j+7 assisted any; j+7 assisted same
        config: reason_depth = 2
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, reason billing/payment/card
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06, reason billing/payment/transfer
        Wed 4 Mar 10:00  phone D handled, customer C1, until 10:06, reason billing/invoice
        Thu 5 Mar 10:00  phone E handled, customer C1, until 10:06
        Fri 6 Mar 10:00  phone F handled, customer C1, until 10:06, reason billing
        Fri 20 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled
                j+7 assisted any: origin, repeated by B
                j+7 assisted same: origin, repeated by B
            B  C1  Tue 3 Mar 10:00  phone handled
                j+7 assisted any: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D
                j+7 assisted same: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, resolved
            D  C1  Wed 4 Mar 10:00  phone handled
                j+7 assisted any: repeat, 3rd in the window, 23h 54min after B, 3rd of session A, repeated by E
                j+7 assisted same: origin, resolved
            E  C1  Thu 5 Mar 10:00  phone handled
                j+7 assisted any: repeat, 4th in the window, 23h 54min after D, 4th of session A, repeated by F
                j+7 assisted same: undecidable
            F  C1  Fri 6 Mar 10:00  phone handled
                j+7 assisted any: repeat, 5th in the window, 23h 54min after E, 5th of session A, resolved
                j+7 assisted same: origin, resolved
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone, about billing/payment/card, billing/payment/transfer, billing/invoice
            alert third-in-seven-days on E: 4th in the window, 4th of its session, 23h 54min after D, origin A, over phone, about billing/payment/card, billing/payment/transfer, billing/invoice
            alert third-in-seven-days on F: 5th in the window, 5th of its session, 23h 54min after E, origin A, over phone, about billing/payment/card, billing/payment/transfer, billing/invoice, billing
        "#]],
    );
}

#[test]
fn an_unknown_reason_equals_nothing() {
    check(
        r#"
        readings: j+7 assisted same
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C1, until 10:06
        Fri 20 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled  | undecidable
            B  C1  Tue 3 Mar 10:00  phone handled  | undecidable
        "#]],
    );
}

#[test]
fn two_contacts_begin_in_the_same_instant() {
    check(
        r#"
        Mon 2 Mar 10:00  phone B handled, customer C1, until 10:06
        Mon 2 Mar 10:00  chat A handled, customer C1, until 10:10
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:08
        Fri 20 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  chat handled   | origin, repeated by A
            A  C1  Mon 2 Mar 10:00  phone handled  | repeat, 2nd in the window, during A on another channel, 2nd of session A, repeated by B
            B  C1  Mon 2 Mar 10:00  phone handled  | repeat, 3rd in the window, during A on another channel, 3rd of session A, resolved
            alert third-in-seven-days on B: 3rd in the window, 3rd of its session, no time after A, origin A, over chat, phone
        "#]],
    );
}

#[test]
fn what_does_not_take_part_never_lengthens_a_session() {
    check(
        r#"
        also: sessions
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Mon 9 Mar 10:00  phone B handled, customer C1, until 10:06, outbound
        Mon 16 Mar 10:00  phone D handled, customer C1, until 10:06
        Mon 30 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00   phone handled                                  | origin, resolved
            B  C1  Mon 9 Mar 10:00   phone outbound handled, not counted: outbound  | ineligible
            D  C1  Mon 16 Mar 10:00  phone handled                                  | origin, resolved
            session A of C1, Mon 2 Mar 10:00 to Mon 2 Mar 10:06: 1 contacts, 0 repeats, 0 retries, over phone, handled at last, complete
            session D of C1, Mon 16 Mar 10:00 to Mon 16 Mar 10:06: 1 contacts, 0 repeats, 0 retries, over phone, handled at last, complete
        "#]],
    );
}

#[test]
fn sessions_with_what_they_cost() {
    check(
        r#"
        also: sessions, figures
        config: [costs.phone]
        config: fixed = 1
        config: per_minute = 0.5
        config: [costs.chat]
        config: fixed = 0.25
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06, handling 6min, reason billing
        Tue 3 Mar 10:00  chat B handled, customer C1, until 10:10, handling 10min, reason billing
        Wed 4 Mar 10:00  phone D abandoned, customer C1, until 10:02, reason delivery
        Mon 16 Mar 10:00  phone E handled, customer C1, until 10:06, handling 3min
        Mon 30 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00   phone handled    | origin, repeated by B
            B  C1  Tue 3 Mar 10:00   chat handled     | repeat, 2nd in the window, 23h 54min after A on another channel, 2nd of session A, repeated by D
            D  C1  Wed 4 Mar 10:00   phone abandoned  | repeat, 3rd in the window, 23h 50min after B on another channel, 3rd of session A, lost
            E  C1  Mon 16 Mar 10:00  phone handled    | origin, resolved
            session A of C1, Mon 2 Mar 10:00 to Wed 4 Mar 10:02: 3 contacts, 2 repeats, 0 retries, over phone, chat, about billing, delivery, cost 5.25, avoidable 1.25, abandoned at last, complete
            session E of C1, Mon 16 Mar 10:00 to Mon 16 Mar 10:06: 1 contacts, 0 repeats, 0 retries, over phone, cost 2.5, avoidable none, handled at last, complete
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 50min after B, origin A, over phone, chat, about billing, delivery, cost 5.25
            j+7 assisted any: 4 followers, 2 repeats, 0 retries, 1 of 2 origins resolved, 1 lost
        "#]],
    );
}

#[test]
fn a_session_that_is_still_running() {
    check(
        r#"
        also: sessions, figures
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:06
        Tue 10 Mar 10:00  phone B offered, customer C1
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00   phone handled  | origin, resolved
            B  C1  Tue 10 Mar 10:00  phone open     | origin, pending until Wed 18 Mar 00:00
            session A of C1, Mon 2 Mar 10:00 to Mon 2 Mar 10:06: 1 contacts, 0 repeats, 0 retries, over phone, handled at last, complete
            session B of C1, Tue 10 Mar 10:00 to Tue 10 Mar 10:00: 1 contacts, 0 repeats, 0 retries, over phone, running
            j+7 assisted any: 2 followers, 0 repeats, 0 retries, 1 of 1 origins resolved, 0 lost
        "#]],
    );
}

#[test]
fn the_bank_measures_from_the_start() {
    check(
        r#"
        config: headline = "j+7 assisted any"
        config: [windows]
        config: "j+7" = { calendar_days = 7, from = "start" }
        Mon 2 Mar 23:50  phone A handled, customer C1, until Tue 3 Mar 00:20
        Tue 10 Mar 10:00  phone B handled, customer C1, until 10:06
        Tue 10 Mar 10:03  phone D handled, customer C1, until 10:04
        Mon 30 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 23:50   phone handled  | origin, resolved
            B  C1  Tue 10 Mar 10:00  phone handled  | origin, repeated by D
            D  C1  Tue 10 Mar 10:03  phone handled  | repeat, 2nd in the window, during B, 2nd of session B, resolved
        "#]],
    );
}
