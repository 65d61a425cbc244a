//! The built-in rules: match, near miss at the exact bound, late event, withdrawal.

use super::super::SourceClock;
use super::built_in;
use super::story::{at, told};
use expect_test::{Expect, expect};

/// What one rule says of a story when everything up to `now` was read.
#[track_caller]
fn check(rule: &str, story: &str, now: &str, expected: &Expect) {
    let clocks = [SourceClock::read_to("default", at(now))];
    expected.assert_eq(&told(&built_in(), &[rule], story, &clocks));
}

#[test]
fn web_then_assisted() {
    let rule = "web-then-assisted";
    let story = "web V1 1/10:00 end=1/10:20 steps=help@1/10:05,help@1/10:20
                 phone C1 2/10:20";
    check(
        rule,
        story,
        "9/00:00",
        &expect![[r#"
        web-then-assisted [visit=V1.help asked=C1] BROKEN 2/10:20:00.000
    "#]],
    );
    let story = story.replace("2/10:20", "2/10:20:00.001");
    check(
        rule,
        &story,
        "2/10:20",
        &expect![[r#"
        web-then-assisted [visit=V1.help] open until 2/10:20:00.001
    "#]],
    );
    check(
        rule,
        &story,
        "9/00:00",
        &expect![[r#"
        web-then-assisted [visit=V1.help] fulfilled 2/10:20:00.001 by asked
    "#]],
    );
    let late = format!("{story}\n chat C0 1/10:30");
    check(
        rule,
        &late,
        "9/00:00",
        &expect![[r#"
        web-then-assisted [visit=V1.help asked=C0] BROKEN 1/10:30:00.000
    "#]],
    );
    // An unfinished form, and one that was finished.
    let story = "web V1 1/10:00 steps=form:started@1/10:00 \n email C1 1/11:00";
    check(
        rule,
        story,
        "9/00:00",
        &expect![[r#"
        web-then-assisted [visit=V1.form asked=C1] BROKEN 1/11:00:00.000
    "#]],
    );
    let story = "web V1 1/10:00 steps=form:started@1/10:00,form@1/10:09 \n email C1 1/11:00";
    check(rule, story, "9/00:00", &expect![""]);
}

#[test]
fn assisted_then_web() {
    let rule = "assisted-then-web";
    let story = "phone C1 1/10:00 end=1/10:10 outcome=handled
                 web V1 1/10:05 end=1/10:06 steps=account@1/10:05 assistance
                 web V2 2/10:10 end=2/10:11 steps=account@2/10:10";
    check(
        rule,
        story,
        "9/00:00",
        &expect![[r#"
        assisted-then-web [answered=C1 looked=V2.account] BROKEN 2/10:10:00.000
    "#]],
    );
    let story = story.replace("2/10:10 ", "2/10:10:00.001 ");
    let story = story.replace("@2/10:10", "@2/10:10:00.001");
    check(
        rule,
        &story,
        "9/00:00",
        &expect![[r#"
        assisted-then-web [answered=C1] fulfilled 2/10:10:00.001 by looked
    "#]],
    );
}

#[test]
fn payment_without_confirmation() {
    let rule = "payment-without-confirmation";
    let story = "web V1 1/10:00 end=1/10:05 steps=payment@1/10:05
                 phone C1 1/10:08";
    check(
        rule,
        story,
        "1/10:15",
        &expect![[r#"
        payment-without-confirmation [paid=V1.payment asked=C1] open until 1/10:15:00.001
    "#]],
    );
    check(
        rule,
        story,
        "1/10:15:00.001",
        &expect![[r#"
        payment-without-confirmation [paid=V1.payment asked=C1] BROKEN 1/10:15:00.001
    "#]],
    );
    // The confirmation turns up late: the alert is withdrawn.
    let late = format!("{story}\n signal delivered 1/10:15");
    check(
        rule,
        &late,
        "9/00:00",
        &expect![[r#"
        payment-without-confirmation [paid=V1.payment asked=C1] fulfilled 1/10:15:00.000 by confirm
    "#]],
    );
    let too_late = format!("{story}\n signal delivered 1/10:15:00.001");
    check(
        rule,
        &too_late,
        "9/00:00",
        &expect![[r#"
        payment-without-confirmation [paid=V1.payment asked=C1] BROKEN 1/10:15:00.001
    "#]],
    );
    // A copy, given to several owners of one handle, can fulfil the absence.
    let copy = format!("{story}\n signal delivered 1/10:06 copy");
    check(
        rule,
        &copy,
        "9/00:00",
        &expect![[r#"
        payment-without-confirmation [paid=V1.payment asked=C1] fulfilled 1/10:06:00.000 by confirm
    "#]],
    );
    let never = story.replace("C1 1/10:08", "C1 3/10:05:00.001");
    check(
        rule,
        &never,
        "3/10:05",
        &expect![[r#"
        payment-without-confirmation [paid=V1.payment] open until 3/10:05:00.001
    "#]],
    );
    check(
        rule,
        &never,
        "9/00:00",
        &expect![[r#"
        payment-without-confirmation [paid=V1.payment] fulfilled 3/10:05:00.001 by asked
    "#]],
    );
    let at_bound = story.replace("C1 1/10:08", "C1 3/10:05");
    check(
        rule,
        &at_bound,
        "9/00:00",
        &expect![[r#"
        payment-without-confirmation [paid=V1.payment asked=C1] BROKEN 3/10:05:00.000
    "#]],
    );
}

#[test]
fn mail_unanswered() {
    let rule = "mail-unanswered";
    // Friday: the second working day after it is Tuesday.
    let story = "email M1 5/15:00 open outcome=unanswered thread=T";
    check(
        rule,
        story,
        "9/23:59:59.999",
        &expect![[r#"
        mail-unanswered [mail=M1] open until 10/00:00:00.000
    "#]],
    );
    check(
        rule,
        story,
        "10/00:00",
        &expect![[r#"
        mail-unanswered [mail=M1] BROKEN 10/00:00:00.000
    "#]],
    );
    let answered = "email M1 5/15:00 end=9/23:59 outcome=handled wait=4d8h59min thread=T";
    check(
        rule,
        answered,
        "20/00:00",
        &expect![[r#"
        mail-unanswered [mail=M1] fulfilled 9/23:59:00.000 by answer
    "#]],
    );
    let late = "email M1 5/15:00 end=10/00:00 outcome=handled wait=4d9h thread=T";
    check(
        rule,
        late,
        "20/00:00",
        &expect![[r#"
        mail-unanswered [mail=M1] BROKEN 10/00:00:00.000
    "#]],
    );
}

#[test]
fn mail_chased() {
    let rule = "mail-chased";
    let story = "email M1 1/09:00 open outcome=unanswered
                 phone C1 2/09:00 outcome=handled";
    check(
        rule,
        story,
        "2/08:00",
        &expect![[r#"
        mail-chased [mail=M1 came=C1] open until 2/09:00:00.000
    "#]],
    );
    check(
        rule,
        story,
        "2/09:00",
        &expect![[r#"
        mail-chased [mail=M1 came=C1] BROKEN 2/09:00:00.000
    "#]],
    );
    // The answer came before, and is read late.
    let late = story.replace(
        "open outcome=unanswered",
        "end=2/08:59 outcome=handled wait=23h59min",
    );
    check(
        rule,
        &late,
        "2/09:00",
        &expect![[r#"
        mail-chased [mail=M1 came=C1] fulfilled 2/08:59:00.000 by answer
    "#]],
    );
    // At the same instant the names decide the order: C1 comes before M1.
    let same = story.replace(
        "open outcome=unanswered",
        "end=2/09:00 outcome=handled wait=24h",
    );
    check(
        rule,
        &same,
        "2/09:00",
        &expect![[r#"
        mail-chased [mail=M1 came=C1] BROKEN 2/09:00:00.000
    "#]],
    );
}

#[test]
fn retry_after_abandon_and_gave_up() {
    let story = "phone C1 1/10:00 end=1/10:02 outcome=abandoned
                 chat C2 1/11:02";
    check(
        "retry-after-abandon",
        story,
        "1/11:02",
        &expect![[r#"
        retry-after-abandon [abandoned=C1 retry=C2] BROKEN 1/11:02:00.000
    "#]],
    );
    check(
        "gave-up",
        story,
        "9/00:00",
        &expect![[r#"
        gave-up [abandoned=C1] fulfilled 1/11:02:00.000 by retry
    "#]],
    );
    let later = story.replace("1/11:02", "1/11:02:00.001");
    check(
        "retry-after-abandon",
        &later,
        "1/11:02",
        &expect![[r#"
        retry-after-abandon [abandoned=C1] open until 1/11:02:00.001
    "#]],
    );
    check(
        "retry-after-abandon",
        &later,
        "9/00:00",
        &expect![[r#"
        retry-after-abandon [abandoned=C1] fulfilled 1/11:02:00.001 by retry
    "#]],
    );
    let never = story.replace("1/11:02", "2/10:02:00.001");
    check(
        "gave-up",
        &never,
        "2/10:02",
        &expect![[r#"
        gave-up [abandoned=C1] open until 2/10:02:00.001
    "#]],
    );
    check(
        "gave-up",
        &never,
        "2/10:02:00.001",
        &expect![[r#"
        gave-up [abandoned=C1] BROKEN 2/10:02:00.001
    "#]],
    );
    let at_bound = story.replace("1/11:02", "2/10:02");
    check(
        "gave-up",
        &at_bound,
        "9/00:00",
        &expect![[r#"
        gave-up [abandoned=C1] fulfilled 2/10:02:00.000 by retry
    "#]],
    );
}

#[test]
fn sent_to_web_and_lost() {
    let rule = "sent-to-web-and-lost";
    let story = "phone C1 1/10:00 end=1/10:10 outcome=handled disposition=sent_to_web";
    check(
        rule,
        story,
        "3/10:10",
        &expect![[r#"
        sent-to-web-and-lost [sent=C1] open until 3/10:10:00.001
    "#]],
    );
    check(
        rule,
        story,
        "3/10:10:00.001",
        &expect![[r#"
        sent-to-web-and-lost [sent=C1] BROKEN 3/10:10:00.001
    "#]],
    );
    let begun = format!("{story}\n web V1 1/12:00 steps=help@1/12:00,form:started@1/12:01");
    check(
        rule,
        &begun,
        "9/00:00",
        &expect![[r#"
        sent-to-web-and-lost [sent=C1] BROKEN 3/10:10:00.001
    "#]],
    );
    let done = format!("{story}\n web V1 3/10:10 steps=form@3/10:10");
    check(
        rule,
        &done,
        "9/00:00",
        &expect![[r#"
        sent-to-web-and-lost [sent=C1] fulfilled 3/10:10:00.000 by done
    "#]],
    );
}

#[test]
fn channel_ping_pong_and_handover() {
    let story = "phone C1 1/10:00 outcome=handled reason=billing
                 email C2 2/10:00 outcome=handled reason=billing
                 phone C3 3/10:00 outcome=handled reason=billing
                 chat C4 8/23:59 outcome=handled reason=billing";
    check(
        "channel-ping-pong",
        story,
        "30/00:00",
        &expect![[r#"
        channel-ping-pong [first=C1 second=C2 third=C4] BROKEN 8/23:59:00.000
        channel-ping-pong [first=C2 second=C3 third=C4] BROKEN 8/23:59:00.000
        channel-ping-pong [first=C3 second=C4] fulfilled 11/00:00:00.000 by third
        channel-ping-pong [first=C4] fulfilled 16/00:00:00.000 by second
    "#]],
    );
    let later = story.replace("8/23:59", "9/00:00");
    check(
        "channel-ping-pong",
        &later,
        "30/00:00",
        &expect![[r#"
        channel-ping-pong [first=C1 second=C2] fulfilled 9/00:00:00.000 by third
        channel-ping-pong [first=C2 second=C3 third=C4] BROKEN 9/00:00:00.000
        channel-ping-pong [first=C3 second=C4] fulfilled 11/00:00:00.000 by third
        channel-ping-pong [first=C4] fulfilled 17/00:00:00.000 by second
    "#]],
    );
    let other = story.replace(
        "C4 8/23:59 outcome=handled reason=billing",
        "C4 8/23:59 reason=move",
    );
    check(
        "channel-ping-pong",
        &other,
        "30/00:00",
        &expect![[r#"
        channel-ping-pong [first=C1 second=C2] fulfilled 9/00:00:00.000 by third
        channel-ping-pong [first=C2 second=C3] fulfilled 10/00:00:00.000 by third
        channel-ping-pong [first=C3] fulfilled 11/00:00:00.000 by second
        channel-ping-pong [first=C4] fulfilled 16/00:00:00.000 by second
    "#]],
    );
    let handed = story.replace("C1 1/10:00", "C1 1/10:00 disposition=handover");
    check(
        "channel-ping-pong",
        &handed,
        "30/00:00",
        &expect![[r#"
        channel-ping-pong [first=C2 second=C3 third=C4] BROKEN 8/23:59:00.000
        channel-ping-pong [first=C3 second=C4] fulfilled 11/00:00:00.000 by third
        channel-ping-pong [first=C4] fulfilled 16/00:00:00.000 by second
    "#]],
    );
    check(
        "handover",
        &handed,
        "30/00:00",
        &expect![[r#"
        handover [handed=C1 next=C2] BROKEN 2/10:00:00.000
    "#]],
    );
}

#[test]
fn video_dropped() {
    let rule = "video-dropped";
    let story = "video C1 1/10:00 end=1/10:10 outcome=failed
                 phone C2 1/12:10";
    check(
        rule,
        story,
        "9/00:00",
        &expect![[r#"
        video-dropped [video=C1 call=C2] BROKEN 1/12:10:00.000
    "#]],
    );
    let later = story.replace("1/12:10", "1/12:10:00.001");
    check(
        rule,
        &later,
        "9/00:00",
        &expect![[r#"
        video-dropped [video=C1] fulfilled 1/12:10:00.001 by call
    "#]],
    );
    // The call was read first; then a record says that the video was handled after all.
    let corrected = story.replace("failed", "handled");
    check(rule, &corrected, "9/00:00", &expect![""]);
}

#[test]
fn appointment_missed() {
    let rule = "appointment-missed";
    let story = "video C1 1/09:00 due=2/10:00 kinds=scheduled@1/09:00,invited@2/09:00 unopened";
    check(
        rule,
        story,
        "2/10:15",
        &expect![[r#"
        appointment-missed [booked=C1.scheduled] open until 2/10:15:00.001
    "#]],
    );
    check(
        rule,
        story,
        "2/10:15:00.001",
        &expect![[r#"
        appointment-missed [booked=C1.scheduled] BROKEN 2/10:15:00.001
    "#]],
    );
    let held = "video C1 2/10:15 due=2/10:00 kinds=scheduled@1/09:00,joined@2/10:15";
    check(
        rule,
        held,
        "9/00:00",
        &expect![[r#"
        appointment-missed [booked=C1.scheduled] fulfilled 2/10:15:00.000 by held
    "#]],
    );
    let late = "video C1 2/10:15:00.001 due=2/10:00 kinds=scheduled@1/09:00,joined@2/10:16";
    check(
        rule,
        late,
        "9/00:00",
        &expect![[r#"
        appointment-missed [booked=C1.scheduled] BROKEN 2/10:15:00.001
    "#]],
    );
    let moved = story.replace("due=2/10:00", "due=9/10:00");
    check(
        rule,
        &moved,
        "2/11:00",
        &expect![[r#"
        appointment-missed [booked=C1.scheduled] open until 9/10:15:00.001
    "#]],
    );
}

#[test]
fn slow_chat() {
    let rule = "slow-chat";
    let story = "chat C1 1/10:00 end=1/10:00:20 outcome=abandoned wait=15s1ms";
    check(
        rule,
        story,
        "1/10:01",
        &expect![[r#"
        slow-chat [chat=C1 left=C1] BROKEN 1/10:00:20.000
    "#]],
    );
    check(
        rule,
        &story.replace("15s1ms", "15s"),
        "1/10:01",
        &expect![[r#"
        slow-chat [chat=C1] fulfilled 1/10:00:20.000 by left
    "#]],
    );
    check(
        rule,
        &story.replace("abandoned", "handled"),
        "1/10:01",
        &expect![[r#"
        slow-chat [chat=C1] fulfilled 1/10:00:20.000 by left
    "#]],
    );
    check(
        rule,
        "chat C1 1/10:00 end=1/10:00:20 open",
        "1/10:01",
        &expect![[r#"
        slow-chat [chat=C1] open
    "#]],
    );
}

#[test]
fn transfer_loop() {
    let rule = "transfer-loop";
    let story = "phone C1 1/10:00 end=1/10:30 outcome=handled legs=3";
    check(
        rule,
        story,
        "1/11:00",
        &expect![[r#"
        transfer-loop [contact=C1 passed-on=C1] BROKEN 1/10:30:00.000
    "#]],
    );
    check(
        rule,
        &story.replace("legs=3", "legs=2"),
        "1/11:00",
        &expect![[r#"
        transfer-loop [contact=C1] fulfilled 1/10:30:00.000 by passed-on
    "#]],
    );
    check(
        rule,
        &story.replace("legs=3", "legs=2 open"),
        "1/11:00",
        &expect![[r#"
        transfer-loop [contact=C1] open
    "#]],
    );
}

#[test]
fn promise_broken() {
    let rule = "promise-broken";
    let story = "signal promised 1/10:00 due=2/10:00";
    check(
        rule,
        story,
        "2/10:00",
        &expect![[r#"
        promise-broken [promised=signal promised] open until 2/10:00:00.001
    "#]],
    );
    check(
        rule,
        story,
        "2/10:00:00.001",
        &expect![[r#"
        promise-broken [promised=signal promised] BROKEN 2/10:00:00.001
    "#]],
    );
    let kept = format!("{story}\n phone C1 2/10:00 direction=outbound");
    check(
        rule,
        &kept,
        "9/00:00",
        &expect![[r#"
        promise-broken [promised=signal promised] fulfilled 2/10:00:00.000 by kept
    "#]],
    );
    let first = format!("{story}\n phone C0 2/09:00");
    check(
        rule,
        &first,
        "2/09:00",
        &expect![[r#"
        promise-broken [promised=signal promised called-first=C0] BROKEN 2/09:00:00.000
    "#]],
    );
    // He called first, and the brand called all the same: the promise was broken before.
    let both = format!("{first}\n phone C1 2/10:00 direction=outbound");
    check(
        rule,
        &both,
        "9/00:00",
        &expect![[r#"
        promise-broken [promised=signal promised called-first=C0] BROKEN 2/09:00:00.000
    "#]],
    );
    let disposition = "phone C1 1/10:00 end=1/10:10 disposition=promised_callback due=2/10:00";
    check(
        rule,
        disposition,
        "9/00:00",
        &expect![[r#"
        promise-broken [promised=C1] BROKEN 2/10:00:00.001
    "#]],
    );
    check(rule, "signal promised 1/10:00", "9/00:00", &expect![""]);
}

#[test]
fn web_struggle() {
    let rule = "web-struggle";
    let story = "web V1 1/10:00 end=1/10:03 open steps=form:failed@1/10:01,form:failed@1/10:03";
    check(
        rule,
        story,
        "1/10:03",
        &expect![[r#"
        web-struggle [visit=V1 struggles=V1.form] BROKEN 1/10:03:00.000
    "#]],
    );
    let once = "web V1 1/10:00 end=1/10:01 steps=form:failed@1/10:01,help@1/10:00,help@1/10:01";
    check(
        rule,
        once,
        "1/12:00",
        &expect![[r#"
        web-struggle [visit=V1] fulfilled 1/10:01:00.000 by struggles
    "#]],
    );
    let thrice = once.replace("help@1/10:01", "help@1/10:01,help@1/10:01");
    check(
        rule,
        &thrice,
        "1/12:00",
        &expect![[r#"
        web-struggle [visit=V1 struggles=V1.help] BROKEN 1/10:01:00.000
    "#]],
    );
}

#[test]
fn outbound_provoked() {
    let rule = "outbound-provoked";
    let story = "email C1 1/10:00 direction=outbound
                 signal notified 1/11:00 purpose=reminder
                 signal notified 1/11:00 purpose=confirmation
                 phone C2 3/10:00";
    check(
        rule,
        story,
        "9/00:00",
        &expect![[r#"
        outbound-provoked [message=C1 came=C2] BROKEN 3/10:00:00.000
        outbound-provoked [message=signal notified came=C2] BROKEN 3/10:00:00.000
    "#]],
    );
    let later = story.replace("3/10:00", "3/10:00:00.001");
    check(
        rule,
        &later,
        "9/00:00",
        &expect![[r#"
        outbound-provoked [message=C1] fulfilled 3/10:00:00.001 by came
        outbound-provoked [message=signal notified came=C2] BROKEN 3/10:00:00.001
    "#]],
    );
}
