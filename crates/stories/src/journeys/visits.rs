//! What begins or ends on the web site.

use crate::check::check_journey;
use expect_test::expect;

#[test]
fn a_help_page_and_a_call_a_day_later() {
    check_journey(
        "web-then-assisted",
        "
        Mon 2 Mar 10:00  web V1 step help, customer C1
        Mon 2 Mar 10:20  web V1 step help, customer C1
        Tue 3 Mar 10:20  phone A handled, customer C1, until 10:26
        ",
        expect![[r#"
            Tue 3 Mar 10:20  C1: visit V1, asked A (raised)
            in the end       C1: visit V1, asked A, decided Tue 3 Mar 10:20
        "#]],
    );
    check_journey(
        "web-then-assisted",
        "
        Mon 2 Mar 10:00  web V1 step help, customer C1
        Mon 2 Mar 10:20  web V1 step help, customer C1
        Tue 3 Mar 10:20:00.001  phone A handled, customer C1, until 10:26
        ",
        expect![[""]],
    );
}

#[test]
fn a_form_that_was_completed_after_all() {
    check_journey(
        "web-then-assisted",
        "
        Mon 2 Mar 10:00  web V1 step form started, customer C1
        Mon 2 Mar 11:00  phone A handled, customer C1, until 11:06
        Mon 2 Mar 10:05  web V1 step form completed, customer C1
        ",
        expect![[r#"
            Mon 2 Mar 11:00  C1: visit V1, asked A (raised)
            Mon 2 Mar 11:06  C1: visit V1, asked A (withdrawn by correction)
        "#]],
    );
}

#[test]
fn a_failed_step_that_is_told_after_the_call() {
    check_journey(
        "web-then-assisted",
        "
        Mon 2 Mar 11:00  phone A handled, customer C1, until 11:06
        Mon 2 Mar 10:00  web V1 step payment failed, customer C1
        ",
        expect![[r#"
            Mon 2 Mar 11:06  C1: visit V1, asked A (raised)
            in the end       C1: visit V1, asked A, decided Mon 2 Mar 11:00
        "#]],
    );
}

#[test]
fn the_customer_area_a_day_after_an_answer() {
    check_journey(
        "assisted-then-web",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:10
        Tue 3 Mar 10:10  web V1 step account completed, customer C1
        Tue 3 Mar 12:00  later on: phone A corrected, outcome abandoned
        ",
        expect![[r#"
            Tue 3 Mar 10:10  C1: answered A, looked V1 (raised)
            Tue 3 Mar 12:00  C1: answered A, looked V1 (withdrawn by correction)
        "#]],
    );
    check_journey(
        "assisted-then-web",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:10
        Tue 3 Mar 10:10:00.001  web V1 step account completed, customer C1
        ",
        expect![[""]],
    );
}

#[test]
fn a_visit_during_the_call_is_no_return() {
    check_journey(
        "assisted-then-web",
        "
        Mon 2 Mar 10:05  web V1 step account completed, customer C1
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:10
        Mon 2 Mar 11:05  web V2 step account completed, customer C1
        ",
        expect![[r#"
            Mon 2 Mar 11:05  C1: answered A, looked V2 (raised)
            in the end       C1: answered A, looked V2, decided Mon 2 Mar 11:05
        "#]],
    );
}

#[test]
fn a_payment_without_a_confirmation() {
    check_journey(
        "payment-without-confirmation",
        "
        Mon 2 Mar 10:05  web V1 step payment completed, customer C1, page Pay
        Mon 2 Mar 10:08  phone A handled, customer C1, until 10:12
        Mon 2 Mar 10:15  time passes
        Mon 2 Mar 10:15:00.001  time passes
        ",
        expect![[r#"
            Mon 2 Mar 10:15:00.001  C1: paid V1, confirm -, asked A (raised)
            in the end              C1: paid V1, confirm -, asked A, decided Mon 2 Mar 10:15:00.001
        "#]],
    );
    // At the bound it is in time.
    check_journey(
        "payment-without-confirmation",
        "
        Mon 2 Mar 10:05  web V1 step payment completed, customer C1, page Pay
        Mon 2 Mar 10:08  phone A handled, customer C1, until 10:12
        Mon 2 Mar 10:15  signal delivered, customer C1
        Mon 2 Mar 11:00  time passes
        ",
        expect![[""]],
    );
    check_journey(
        "payment-without-confirmation",
        "
        Mon 2 Mar 10:05  web V1 step payment completed, customer C1, page Pay
        Mon 2 Mar 10:08  phone A handled, customer C1, until 10:12
        Mon 2 Mar 10:15:00.001  signal delivered, customer C1
        ",
        expect![[r#"
            Mon 2 Mar 10:15:00.001  C1: paid V1, confirm -, asked A (raised)
            in the end              C1: paid V1, confirm -, asked A, decided Mon 2 Mar 10:15:00.001
        "#]],
    );
}

#[test]
fn a_confirmation_that_is_heard_of_late() {
    check_journey(
        "payment-without-confirmation",
        "
        Mon 2 Mar 10:05  web V1 step payment completed, customer C1, page Pay
        Mon 2 Mar 10:20  phone A handled, customer C1, until 10:25
        Mon 2 Mar 10:06  signal delivered, customer C1
        ",
        expect![[r#"
            Mon 2 Mar 10:20  C1: paid V1, confirm -, asked A (raised)
            Mon 2 Mar 10:25  C1: paid V1, confirm -, asked A (withdrawn by late event)
        "#]],
    );
}

#[test]
fn who_asks_two_days_after_a_payment() {
    check_journey(
        "payment-without-confirmation",
        "
        Mon 2 Mar 10:05  web V1 step payment completed, customer C1, page Pay
        Wed 4 Mar 10:05  phone A handled, customer C1, until 10:12
        ",
        expect![[r#"
            Wed 4 Mar 10:05  C1: paid V1, confirm -, asked A (raised)
            in the end       C1: paid V1, confirm -, asked A, decided Wed 4 Mar 10:05
        "#]],
    );
    check_journey(
        "payment-without-confirmation",
        "
        Mon 2 Mar 10:05  web V1 step payment completed, customer C1, page Pay
        Wed 4 Mar 10:05:00.001  phone A handled, customer C1, until 10:12
        ",
        expect![[""]],
    );
}

#[test]
fn sent_to_the_web_site() {
    check_journey(
        "sent-to-web-and-lost",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:10, disposition sent_to_web
        Wed 4 Mar 10:10  web V1 step form completed, customer C1
        Wed 4 Mar 12:00  time passes
        ",
        expect![[""]],
    );
    check_journey(
        "sent-to-web-and-lost",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:10, disposition sent_to_web
        Wed 4 Mar 10:10  time passes
        Wed 4 Mar 10:10:00.001  web V1 step form completed, customer C1
        ",
        expect![[r#"
            Wed 4 Mar 10:10:00.001  C1: sent A, done - (raised)
            in the end              C1: sent A, done -, decided Wed 4 Mar 10:10:00.001
        "#]],
    );
}

#[test]
fn a_form_that_is_heard_of_after_two_days() {
    check_journey(
        "sent-to-web-and-lost",
        "
        Mon 2 Mar 10:00  phone A handled, customer C1, until 10:10, disposition sent_to_web
        Mon 2 Mar 10:20  web V1 step help completed, customer C1
        Thu 5 Mar 10:00  time passes
        Mon 2 Mar 11:00  web V2 step form completed, customer C1
        ",
        expect![[r#"
            Thu 5 Mar 10:00  C1: sent A, done - (raised)
            Thu 5 Mar 10:00  C1: sent A, done - (withdrawn by late event)
        "#]],
    );
}

#[test]
fn two_failed_steps_in_a_visit_that_goes_on() {
    check_journey(
        "web-struggle",
        "
        Mon 2 Mar 10:00  web V1 step form failed, customer C1
        Mon 2 Mar 10:01  web V1 step payment failed, customer C1
        Mon 2 Mar 10:02  web V1 step help, customer C1
        ",
        expect![[r#"
            Mon 2 Mar 10:01  C1: visit V1, struggles V1 (raised)
            in the end       C1: visit V1, struggles V1, decided Mon 2 Mar 10:01
        "#]],
    );
    check_journey(
        "web-struggle",
        "
        Mon 2 Mar 10:00  web V1 step form failed, customer C1
        Mon 2 Mar 10:01  web V1 step help, customer C1
        Mon 2 Mar 10:02  web V1 step help, customer C1
        ",
        expect![[""]],
    );
    // The third help page is heard of late, when the visit is long over.
    check_journey(
        "web-struggle",
        "
        Mon 2 Mar 10:00  web V1 step help, customer C1
        Mon 2 Mar 10:02  web V1 step help, customer C1
        Mon 2 Mar 15:00  time passes
        Mon 2 Mar 10:01  web V1 step help, customer C1
        ",
        expect![[r#"
            Mon 2 Mar 15:00  C1: visit V1, struggles V1 (raised)
            in the end       C1: visit V1, struggles V1, decided Mon 2 Mar 10:02
        "#]],
    );
}

#[test]
fn a_visit_that_was_somebody_elses() {
    check_journey(
        "web-struggle",
        "
        Mon 2 Mar 10:00  web V1 step form failed, device D1
        Mon 2 Mar 10:01  web V1 step payment failed, device D1
        Mon 2 Mar 10:05  web V1 login, device D1, customer C1
        ",
        expect![[r#"
            Mon 2 Mar 10:01  device D1: visit V1, struggles V1 (raised)
            Mon 2 Mar 10:05  C1: visit V1, struggles V1 (raised)
            Mon 2 Mar 10:05  device D1: visit V1, struggles V1 (withdrawn by identity)
            in the end       C1: visit V1, struggles V1, decided Mon 2 Mar 10:01
        "#]],
    );
}
