//! Stories about the section *Identity and privacy*: whose contact it is.

use crate::check::{check, check_told};
use expect_test::expect;

#[test]
fn the_customer_id_says_it_all() {
    check(
        r#"
        show: identity
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C2, number 01 99 00 00 01, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, by customer_id (unique)  | origin, resolved
            B  C2  Tue 3 Mar 10:00  phone handled, by customer_id (unique)  | origin, resolved
        "#]],
    );
}

#[test]
fn the_number_belongs_to_its_only_owner() {
    check(
        r#"
        show: identity
        Mon 2 Mar 10:00  phone A handled, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C1, number 01 99 00 00 01, until 10:06
        Wed 4 Mar 10:00  phone D handled, number 01 99 00 00 01, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, by phone (seen)          | origin, repeated by B
            B  C1  Tue 3 Mar 10:00  phone handled, by customer_id (unique)  | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D
            D  C1  Wed 4 Mar 10:00  phone handled, by phone (seen)          | repeat, 3rd in the window, 23h 54min after B, 3rd of session A, resolved
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone
        "#]],
    );
}

#[test]
fn a_number_that_nobody_owns_is_a_customer_itself() {
    check(
        r#"
        show: identity
        Mon 2 Mar 10:00  phone A handled, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, number 01 99 00 00 01 verified, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  number +33199000001  Mon 2 Mar 10:00  phone handled, by phone (seen)      | origin, repeated by B
            B  number +33199000001  Tue 3 Mar 10:00  phone handled, by phone (verified)  | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn a_household_shares_a_line() {
    check(
        r#"
        show: identity
        also: identity_conflicts
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, customer C2, number 01 99 00 00 01, until 10:06
        Wed 4 Mar 10:00  phone D handled, number 01 99 00 00 01, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1                   Mon 2 Mar 10:00  phone handled, by customer_id (unique)  | origin, resolved
            B  C2                   Tue 3 Mar 10:00  phone handled, by customer_id (unique)  | origin, resolved
            D  number +33199000001  Wed 4 Mar 10:00  phone handled, by phone (seen)          | origin, resolved
            identity_conflicts: 1
        "#]],
    );
}

#[test]
fn only_the_strongest_handle_is_asked() {
    check(
        r#"
        show: identity
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Mon 2 Mar 11:00  chat B handled, customer C2, mail ann@example.org, until 11:06
        Tue 3 Mar 10:00  chat D handled, number 01 99 00 00 01, mail ann@example.org, until 10:06
        Tue 3 Mar 11:00  chat E handled, number 01 99 00 00 01, mail ben@example.org, until 11:06
        Wed 4 Mar 10:00  chat F handled, number 01 99 00 00 01, loyalty L1, mail ann@example.org, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1                    Mon 2 Mar 10:00  phone handled, by customer_id (unique)  | origin, resolved
            B  C2                    Mon 2 Mar 11:00  chat handled, by customer_id (unique)   | origin, repeated by D
            D  C2                    Tue 3 Mar 10:00  chat handled, by email (seen)           | repeat, 2nd in the window, 22h 54min after B, 2nd of session B, resolved
            E  mail ben@example.org  Tue 3 Mar 11:00  chat handled, by email (seen)           | origin, resolved
            F  loyalty L1            Wed 4 Mar 10:00  chat handled, by loyalty (seen)         | origin, resolved
        "#]],
    );
}

#[test]
fn a_device_is_the_weakest_handle_whatever_the_order() {
    check(
        r#"
        show: identity
        config: [identity]
        config: handles = ["device", "phone", "email"]
        Mon 2 Mar 10:00  chat A handled, customer C1, device D1, until 10:06
        Mon 2 Mar 11:00  chat B handled, customer C2, mail ann@example.org, until 11:06
        Tue 3 Mar 10:00  chat D handled, device D1, mail ann@example.org, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  chat handled, by customer_id (unique)  | origin, resolved
            B  C2  Mon 2 Mar 11:00  chat handled, by customer_id (unique)  | origin, repeated by D
            D  C2  Tue 3 Mar 10:00  chat handled, by email (seen)          | repeat, 2nd in the window, 22h 54min after B, 2nd of session B, resolved
        "#]],
    );
}

#[test]
fn two_handles_are_never_joined_without_a_customer() {
    check(
        r#"
        Mon 2 Mar 10:00  chat A handled, number 01 99 00 00 01, mail ann@example.org, until 10:06
        Tue 3 Mar 10:00  phone B handled, number 01 99 00 00 01, until 10:06
        Wed 4 Mar 10:00  email D handled, mail ann@example.org, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  mail ann@example.org  Mon 2 Mar 10:00  chat handled   | origin, repeated by D
            B  number +33199000001   Tue 3 Mar 10:00  phone handled  | origin, resolved
            D  mail ann@example.org  Wed 4 Mar 10:00  email handled  | repeat, 2nd in the window, 1d 23h 54min after A on another channel, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn a_number_is_forgotten_after_four_hundred_days() {
    check(
        r#"
        show: identity
        Mon 6 Jan 2025 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 10 Feb 10:00  phone B handled, number 01 99 00 00 01, until 10:06
        Tue 10 Feb 10:00:00.001  phone D handled, number 01 99 00 00 01, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1                   Mon 6 Jan 2025 10:00     phone handled, by customer_id (unique)  | origin, resolved
            B  C1                   Tue 10 Feb 10:00         phone handled, by phone (seen)          | origin, resolved
            D  number +33199000001  Tue 10 Feb 10:00:00.001  phone handled, by phone (seen)          | origin, resolved
        "#]],
    );
}

#[test]
fn a_browser_is_forgotten_after_thirty_days() {
    check(
        r#"
        readings: j+7 all any
        show: identity
        Mon 2 Mar 10:00  web - step help, customer C1, device D1
        Wed 1 Apr 11:00  web - step help, device D1
        Wed 1 Apr 12:00  web - step help, device D1
        Wed 15 Apr 00:00  time passes
        "#,
        expect![[r#"
            visit-1  C1         Mon 2 Mar 10:00  web, by customer_id (unique)  | resolved
            visit-2  C1         Wed 1 Apr 11:00  web, by device (seen)         | resolved
            visit-3  device D1  Wed 1 Apr 12:00  web, by device (seen)         | resolved
        "#]],
    );
}

#[test]
fn a_login_reaches_thirty_days_back_and_no_further() {
    check(
        r#"
        readings: j+7 all any
        show: identity
        Mon 2 Feb 10:00  web - step help, device D1
        Mon 2 Feb 12:00  web - step help, device D1
        Wed 4 Mar 11:00  web - login, customer C1, device D1
        Wed 15 Apr 00:00  time passes
        "#,
        expect![[r#"
            visit-1  device D1  Mon 2 Feb 10:00  web, by device (seen)                                       | resolved
            visit-2  C1         Mon 2 Feb 12:00  web, by device (seen)                                       | resolved
            visit-3  C1         Wed 4 Mar 11:00  web, not counted: no service step, by customer_id (unique)  | ineligible
        "#]],
    );
}

#[test]
fn a_second_owner_appears_later() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, number 01 99 00 00 01, until 10:06
        Wed 4 Mar 10:00  phone D handled, customer C2, number 01 99 00 00 01, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            Mon 2 Mar 10:00   A (C1)                   phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 3 Mar 10:00   A (C1)                   phone handled: origin, repeated by B, provisional by late event
            Tue 3 Mar 10:00   B (C1)                   phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, pending until Wed 11 Mar 00:00, provisional
            Wed 4 Mar 10:00   A (C1)                   phone handled: origin, pending until Tue 10 Mar 00:00, provisional by identity
            Wed 4 Mar 10:00   B is C1's no more
            Wed 4 Mar 10:00   D (C2)                   phone handled: origin, pending until Thu 12 Mar 00:00, provisional
            Wed 4 Mar 10:00   B (number +33199000001)  phone handled: origin, pending until Wed 11 Mar 00:00, provisional
            Wed 18 Mar 00:00  B (number +33199000001)  phone handled: origin, resolved, final by time
            Wed 18 Mar 00:00  D (C2)                   phone handled: origin, resolved, final by time
            Wed 18 Mar 00:00  A (C1)                   phone handled: origin, resolved, final by time
        "#]],
    );
}

#[test]
fn a_second_owner_reaches_thirty_days_back_and_no_further() {
    check(
        r#"
        show: identity
        Mon 2 Feb 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 3 Feb 10:00  phone B handled, number 01 99 00 00 01, until 10:06
        Wed 4 Feb 10:00  phone D handled, number 01 99 00 00 01, until 10:06
        Thu 5 Mar 12:00  phone E handled, customer C2, number 01 99 00 00 01, until 12:06
        Wed 1 Apr 00:00  time passes
        "#,
        expect![[r#"
            A  C1                   Mon 2 Feb 10:00  phone handled, by customer_id (unique)  | origin, repeated by B
            B  C1                   Tue 3 Feb 10:00  phone handled, by phone (seen)          | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, resolved
            D  number +33199000001  Wed 4 Feb 10:00  phone handled, by phone (seen)          | origin, resolved
            E  C2                   Thu 5 Mar 12:00  phone handled, by customer_id (unique)  | origin, resolved
        "#]],
    );
}

#[test]
fn the_crm_links_a_mail_address() {
    check(
        r#"
        show: identity
        Mon 2 Mar 10:00  email A handled, mail Ann@Example.org, until 10:06
        Tue 3 Mar 10:00  signal linked, customer C1, mail ann@example.org
        Wed 4 Mar 10:00  email B handled, mail ann@example.org, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  email handled, by email (verified)  | origin, repeated by B
            B  C1  Wed 4 Mar 10:00  email handled, by email (verified)  | repeat, 2nd in the window, 1d 23h 54min after A, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn the_crm_unlinks_a_number_that_was_given_up() {
    check(
        r#"
        show: identity
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, number 01 99 00 00 01, until 10:06
        Thu 5 Mar 10:00  signal unlinked, customer C1, number 01 99 00 00 01
        Fri 6 Mar 10:00  phone D handled, number 01 99 00 00 01, until 10:06
        Sat 7 Mar 10:00  phone E handled, customer C1, number 01 99 00 00 01, until 10:06
        Mon 9 Mar 10:00  phone F handled, number 01 99 00 00 01, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, by customer_id (unique)  | origin, repeated by B
            B  C1  Tue 3 Mar 10:00  phone handled, by phone (seen)          | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D
            D  C1  Fri 6 Mar 10:00  phone handled, by phone (seen)          | repeat, 3rd in the window, 2d 23h 54min after B, 3rd of session A, repeated by E
            E  C1  Sat 7 Mar 10:00  phone handled, by customer_id (unique)  | repeat, 4th in the window, 23h 54min after D, 4th of session A, repeated by F
            F  C1  Mon 9 Mar 10:00  phone handled, by phone (seen)          | repeat, 5th in the window, 1d 23h 54min after E, 5th of session A, resolved
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 2d 23h 54min after B, origin A, over phone
            alert third-in-seven-days on E: 4th in the window, 4th of its session, 23h 54min after D, origin A, over phone
            alert third-in-seven-days on F: 5th in the window, 5th of its session, 1d 23h 54min after E, origin A, over phone
        "#]],
    );
}

#[test]
fn an_unlink_reaches_thirty_days_back_and_no_further() {
    check(
        r#"
        show: identity
        Mon 2 Feb 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 3 Feb 10:00  phone B handled, number 01 99 00 00 01, until 10:06
        Wed 4 Feb 10:00  phone D handled, number 01 99 00 00 01, until 10:06
        Thu 5 Mar 12:00  signal unlinked, customer C1, number 01 99 00 00 01
        Fri 6 Mar 12:00  phone E handled, number 01 99 00 00 01, until 12:06
        Wed 1 Apr 00:00  time passes
        "#,
        expect![[r#"
            A  C1                   Mon 2 Feb 10:00  phone handled, by customer_id (unique)  | origin, repeated by B
            B  C1                   Tue 3 Feb 10:00  phone handled, by phone (seen)          | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, resolved
            D  number +33199000001  Wed 4 Feb 10:00  phone handled, by phone (seen)          | origin, resolved
            E  number +33199000001  Fri 6 Mar 12:00  phone handled, by phone (seen)          | origin, resolved
        "#]],
    );
}

#[test]
fn an_unlink_tells_its_customer_live() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, number 01 99 00 00 01, until 10:06
        Thu 5 Mar 10:00  signal unlinked, customer C1, number 01 99 00 00 01
        "#,
        expect![[r#"
            Mon 2 Mar 10:00  A (C1)                   phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 3 Mar 10:00  A (C1)                   phone handled: origin, repeated by B, provisional by late event
            Tue 3 Mar 10:00  B (C1)                   phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, pending until Wed 11 Mar 00:00, provisional
            Thu 5 Mar 10:00  A (C1)                   phone handled: origin, pending until Tue 10 Mar 00:00, provisional by identity
            Thu 5 Mar 10:00  B is C1's no more
            Thu 5 Mar 10:00  B (number +33199000001)  phone handled: origin, pending until Wed 11 Mar 00:00, provisional
        "#]],
    );
}

#[test]
fn a_number_is_the_same_however_it_is_written() {
    check(
        r#"
        Mon 2 Mar 10:00  phone A handled, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, number +33 1 99 00 00 01, until 10:06
        Wed 4 Mar 10:00  phone D handled, number tel:+33199000001, until 10:06
        Thu 5 Mar 10:00  phone E handled, number sip:+33199000001@gate.example.org, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  number +33199000001  Mon 2 Mar 10:00  phone handled  | origin, repeated by B
            B  number +33199000001  Tue 3 Mar 10:00  phone handled  | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, repeated by D
            D  number +33199000001  Wed 4 Mar 10:00  phone handled  | repeat, 3rd in the window, 23h 54min after B, 3rd of session A, repeated by E
            E  number +33199000001  Thu 5 Mar 10:00  phone handled  | repeat, 4th in the window, 23h 54min after D, 4th of session A, resolved
            alert third-in-seven-days on D: 3rd in the window, 3rd of its session, 23h 54min after B, origin A, over phone
            alert third-in-seven-days on E: 4th in the window, 4th of its session, 23h 54min after D, origin A, over phone
        "#]],
    );
}

#[test]
fn identifiers_that_mean_nobody() {
    check(
        r#"
        config: [identity]
        config: block = ["01 99 00 00 99"]
        Mon 2 Mar 10:00  phone A handled, number Withheld, until 10:06
        Mon 2 Mar 11:00  phone B handled, number +00 00-00, until 11:06
        Mon 2 Mar 12:00  phone D handled, number +33 1 99 00 00 99, until 12:06
        Mon 2 Mar 13:00  phone E handled, customer n/a, mail ann@example.org, until 13:06
        Mon 2 Mar 14:00  phone F handled, customer 0000, until 14:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  nobody known          Mon 2 Mar 10:00  phone handled, not counted: unknown customer  | undecidable
            B  nobody known          Mon 2 Mar 11:00  phone handled, not counted: unknown customer  | undecidable
            D  nobody known          Mon 2 Mar 12:00  phone handled, not counted: unknown customer  | undecidable
            E  mail ann@example.org  Mon 2 Mar 13:00  phone handled                                 | origin, resolved
            F  nobody known          Mon 2 Mar 14:00  phone handled, not counted: unknown customer  | undecidable
        "#]],
    );
}

#[test]
fn a_brand_without_customer_ids_declares_the_mail_address() {
    check(
        r#"
        show: identity
        config: [identity]
        config: unique = ["email"]
        config: handles = ["phone", "device"]
        Mon 2 Mar 10:00  phone A handled, mail ann@example.org, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, number 01 99 00 00 01, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  mail ann@example.org  Mon 2 Mar 10:00  phone handled, by email (unique)  | origin, repeated by B
            B  mail ann@example.org  Tue 3 Mar 10:00  phone handled, by phone (seen)    | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, resolved
        "#]],
    );
}

#[test]
fn a_switchboard_means_too_many_people() {
    check(
        r#"
        show: identity
        config: [identity]
        config: contacts_per_day_max = 2
        Sun 1 Mar 10:00  phone Z handled, number 01 99 00 00 01, until 10:06
        Mon 2 Mar 10:00  phone A handled, number 01 99 00 00 01, until 10:06
        Mon 2 Mar 11:00  phone B handled, number 01 99 00 00 01, until 11:06
        Mon 2 Mar 12:00  phone D handled, number 01 99 00 00 01, until 12:06
        Wed 1 Apr 12:00  phone E handled, number 01 99 00 00 01, until 12:06
        Thu 2 Apr 12:00  phone F handled, number 01 99 00 00 01, until 12:06
        Wed 15 Apr 00:00  time passes
        "#,
        expect![[r#"
            Z  number +33199000001  Sun 1 Mar 10:00  phone handled, by phone (seen)                       | origin, resolved
            A  nobody known         Mon 2 Mar 10:00  phone handled, not counted: quarantined, by nothing  | undecidable
            B  nobody known         Mon 2 Mar 11:00  phone handled, not counted: quarantined, by nothing  | undecidable
            D  nobody known         Mon 2 Mar 12:00  phone handled, not counted: quarantined, by nothing  | undecidable
            E  nobody known         Wed 1 Apr 12:00  phone handled, not counted: quarantined, by nothing  | undecidable
            F  number +33199000001  Thu 2 Apr 12:00  phone handled, by phone (seen)                       | origin, resolved
        "#]],
    );
}

#[test]
fn a_test_account_means_too_many_people() {
    check(
        r#"
        show: identity
        config: [identity]
        config: contacts_per_day_max = 2
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Mon 2 Mar 11:00  phone B handled, customer C1, until 11:06
        Mon 2 Mar 12:00  phone D handled, customer C1, until 12:06
        Tue 3 Mar 12:00  phone E handled, number 01 99 00 00 01, until 12:06
        Wed 15 Apr 00:00  time passes
        "#,
        expect![[r#"
            A  nobody known  Mon 2 Mar 10:00  phone handled, not counted: quarantined, by nothing  | undecidable
            B  nobody known  Mon 2 Mar 11:00  phone handled, not counted: quarantined, by nothing  | undecidable
            D  nobody known  Mon 2 Mar 12:00  phone handled, not counted: quarantined, by nothing  | undecidable
            E  nobody known  Tue 3 Mar 12:00  phone handled, not counted: quarantined, by nothing  | undecidable
        "#]],
    );
}

#[test]
fn the_third_call_of_the_day_quarantines_the_two_before() {
    check_told(
        r#"
        config: [identity]
        config: contacts_per_day_max = 2
        Mon 2 Mar 10:00  phone A handled, number 01 99 00 00 01, until 10:06
        Mon 2 Mar 11:00  phone B handled, number 01 99 00 00 01, until 11:06
        Mon 2 Mar 12:00  phone D handled, number 01 99 00 00 01, until 12:06
        "#,
        expect![[r#"
            Mon 2 Mar 10:00  A (number +33199000001)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 11:00  A (number +33199000001)  phone handled: origin, repeated by B, provisional by late event
            Mon 2 Mar 11:00  B (number +33199000001)  phone handled: repeat, 2nd in the window, 54min after A, 2nd of session A, pending until Tue 10 Mar 00:00, provisional
            Mon 2 Mar 12:00  A (nobody known)         phone handled, not counted: quarantined: undecidable, final
            Mon 2 Mar 12:00  B (nobody known)         phone handled, not counted: quarantined: undecidable, final
            Mon 2 Mar 12:00  D (nobody known)         phone handled, not counted: quarantined: undecidable, final
            Mon 2 Mar 12:00  A is number +33199000001's no more
            Mon 2 Mar 12:00  B is number +33199000001's no more
        "#]],
    );
}

#[test]
fn the_latest_number_of_a_call_holds() {
    check(
        r#"
        Mon 2 Mar 10:00  phone A offered, number 01 99 00 00 01
        Mon 2 Mar 10:05  phone A ended, number 01 99 00 00 02
        Mon 2 Mar 11:00  phone B handled, number 01 99 00 00 01, until 11:05
        Mon 2 Mar 12:00  phone D handled, number 01 99 00 00 02, until 12:05
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  number +33199000002  Mon 2 Mar 10:00  phone abandoned  | retried by D
            B  number +33199000001  Mon 2 Mar 11:00  phone handled    | origin, resolved
            D  number +33199000002  Mon 2 Mar 12:00  phone handled    | retry, 2nd in the window, 1h 55min after A, 2nd of session A, origin, resolved
        "#]],
    );
}

#[test]
fn a_verified_number_of_its_owner() {
    check(
        r#"
        show: identity
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Mon 2 Mar 10:00  phone B handled, customer C2, number 01 99 00 00 02 verified, until 10:06
        Tue 3 Mar 10:00  phone D handled, number 01 99 00 00 01 verified, until 10:06
        Tue 3 Mar 10:00  phone E handled, number 01 99 00 00 02, until 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            A  C1  Mon 2 Mar 10:00  phone handled, by customer_id (unique)  | origin, repeated by D
            B  C2  Mon 2 Mar 10:00  phone handled, by customer_id (unique)  | origin, repeated by E
            D  C1  Tue 3 Mar 10:00  phone handled, by phone (seen)          | repeat, 2nd in the window, 23h 54min after A, 2nd of session A, resolved
            E  C2  Tue 3 Mar 10:00  phone handled, by phone (verified)      | repeat, 2nd in the window, 23h 54min after B, 2nd of session B, resolved
        "#]],
    );
}

#[test]
fn a_correction_to_a_blocked_customer_takes_nothing_back() {
    check_told(
        r#"
        Mon 2 Mar 10:00  phone A handled, customer C1, number 01 99 00 00 01, until 10:06
        Tue 3 Mar 10:00  phone B handled, number 01 99 00 00 01, until 10:06
        Wed 4 Mar 10:00  later on: phone A corrected, customer unknown, until Mon 2 Mar 10:06
        Thu 5 Mar 10:00  later on: phone A corrected, customer C2, until Mon 2 Mar 10:06
        Wed 18 Mar 00:00  time passes
        "#,
        expect![[r#"
            Mon 2 Mar 10:00   A (C1)  phone handled: origin, pending until Tue 10 Mar 00:00, provisional
            Tue 3 Mar 10:00   A (C1)  phone handled: origin, repeated by B, provisional by late event
            Tue 3 Mar 10:00   B (C1)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, pending until Wed 11 Mar 00:00, provisional
            Thu 5 Mar 10:00   A is C1's no more
            Thu 5 Mar 10:00   B is C1's no more
            Thu 5 Mar 10:00   A (C2)  phone handled: origin, repeated by B, provisional
            Thu 5 Mar 10:00   B (C2)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, pending until Wed 11 Mar 00:00, provisional
            Wed 18 Mar 00:00  A (C2)  phone handled: origin, repeated by B, final by time
            Wed 18 Mar 00:00  B (C2)  phone handled: repeat, 2nd in the window, 23h 54min after A, 2nd of session A, resolved, final by time
        "#]],
    );
}
