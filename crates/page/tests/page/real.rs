//! The pages over a real board behind its gate, asked over HTTP.

use crate::server::Server;
use board::http::{Gate, Memory, Site, guarded};
use board::views::State;
use board::{Board, Capacity, Clock, Reading, Record, Settings, Table};
use calendar::{Calendar, Weekday};
use model::Channel;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

const NOW: i64 = crate::day::NOW;
const ALERT: &str = "0123456789abcdef0123456789abcdef";

fn settings() -> Settings {
    let week = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
    ];
    let reading = Reading {
        name: "j+7 assisted any".to_owned(),
        window: "j+7".to_owned(),
        scope: "assisted".to_owned(),
        channels: vec![
            Channel::Phone,
            Channel::Chat,
            Channel::Email,
            Channel::Video,
        ],
        mode: "any",
    };
    Settings {
        tenant: "Acme".to_owned(),
        time_zone: "Europe/Paris".to_owned(),
        calendar: Calendar::new("Europe/Paris", &week, &[]).expect("the zone is bundled"),
        currency: "EUR".to_owned(),
        language: "fr",
        readings: vec![reading],
        headline: 0,
        titles: Default::default(),
        families: Vec::new(),
    }
}

fn a_board() -> (Board, Server) {
    let clock = Clock::Set(Arc::new(AtomicI64::new(NOW)));
    let board = Board::new(settings(), Capacity::default(), clock);
    let ledger = Arc::new(Memory(board.clone()));
    let site = Site {
        board: board.clone(),
        ledger: ledger.clone(),
    };
    let routes = page::router(site).merge(board::http::router(board.clone(), ledger));
    let server = Server::of(guarded(routes, Gate::default()), "127.0.0.1:0");
    (board, server)
}

/// A customer who called for the third time, and the alert of it.
fn feed(board: &Board) {
    let contact = |id: &str, at: &str| {
        format!(
            r#"{{"contact_id":"{id}","channel":"phone","source":"ivr","customer":"customer_id:c1","medium":null,
            "direction":"inbound","started_at":"{at}","ended_at":"{at}","end_kind":"stated","outcome":"handled",
            "reason":"<b>billing</b>","reason_source":"qualified","agent":"a7","team":"north","tier":"gold","page":null,
            "disposition":null,"wait_ms":4000,"handle_ms":60000,"cost":4.65,"follower":true,
            "not_counted_because":null,"link":null}}"#
        )
    };
    let contacts = [
        ("k1", contact("call-1", "2025-10-10T08:00:00Z")),
        ("k2", contact("call-2", "2025-10-13T08:00:00Z")),
        ("k3", contact("call-3", "2025-10-14T12:20:00Z")),
    ];
    let alert = format!(
        r#"{{"alert_id":"{ALERT}","type":"RepeatContact","name":"third-in-seven-days","version":1,"status":"raised",
        "revision":1,"cause":null,"customer":"customer_id:c1","contact_id":"call-3","channel":"phone","source":"ivr",
        "link":"https://crm.example/contacts/call-3","count":3,"gap_ms":102000000,"channels":["phone"],
        "reasons":["<b>billing</b>"],"cost":13.95,"tier":"gold","may_contact":true,"confidence":"unique",
        "event_at":"2025-10-14T12:20:00Z","details":null}}"#
    );
    let record = |table, key, value| Record {
        table,
        key,
        value: Some(value),
        told_at: board::views::At(NOW),
    };
    let rows = contacts
        .iter()
        .map(|(key, value)| record(Table::Contacts, key.as_bytes(), value.as_bytes()));
    let rows = rows.chain([record(Table::Alerts, ALERT.as_bytes(), alert.as_bytes())]);
    let (unreadable, mistake) = board.take(rows);
    assert_eq!(unreadable, 0, "{mistake:?}");
}

/// Asks over HTTP and gives the whole answer back, head and body.
fn ask(address: SocketAddr, request: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("this machine can");
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    write!(stream, "{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}").expect("this machine can");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("this machine can");
    String::from_utf8(answer).expect("this machine can")
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(address, &format!("GET {path}"), &[], "")
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).expect("an answer has a status")
}

/// The value of an attribute that follows this text on a page.
fn after<'a>(page: &'a str, text: &str) -> &'a str {
    let rest = page
        .split_once(text)
        .unwrap_or_else(|| panic!("{text} is not on {page}"))
        .1;
    rest.split('"').next().expect("a split has a first part")
}

/// Waits until a page says something: a view holds for half a second.
fn until(address: SocketAddr, words: &str) {
    for _ in 0..100 {
        if get(address, "/?lang=en").contains(words) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the page never says `{words}`");
}

#[test]
fn from_the_first_start_to_the_first_alert() {
    let (board, server) = a_board();
    let address = server.address;
    assert!(get(address, "/?lang=en").contains("Waiting for the topics"));
    board.stands(State::Ok);
    until(address, "No data yet");
    feed(&board);
    until(address, "3rd contact");
    // Nobody has chosen a language: the configured one.
    let page = get(address, "/");
    assert!(
        page.contains("<html lang=\"fr\">") && page.contains("3e contact"),
        "{page}"
    );
    assert!(page.contains("&lt;b&gt;billing") && !page.contains("<b>billing"));
    let story = get(address, &format!("/alerts/{ALERT}?lang=en"));
    assert_eq!(status(&story), "200");
    for id in ["call-1", "call-2", "call-3", "raised the alert"] {
        assert!(story.contains(id), "{id}: {story}");
    }
}

#[test]
fn an_act_is_done_once_by_whoever_was_first_and_by_no_foreign_page() {
    let (board, server) = a_board();
    board.stands(State::Ok);
    feed(&board);
    let address = server.address;
    let story = get(address, &format!("/alerts/{ALERT}?lang=en"));
    let token = after(&story, "name=\"csrf\" value=\"");
    let own = format!("http://{address}");
    let form = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Origin", own.as_str()),
    ];
    let post = |headers: &[(&str, &str)], body: &str| {
        let answer = ask(
            address,
            &format!("POST /alerts/{ALERT}/acts?lang=en"),
            headers,
            body,
        );
        (status(&answer).to_owned(), answer)
    };
    let body = format!("csrf={token}&kind=acknowledge&revision=0");
    let foreign = [form[0], ("Origin", "http://elsewhere.example")];
    assert_eq!(post(&foreign, &body).0, "403");
    assert_eq!(
        post(&form[..1], &body).0,
        "403",
        "a page that hides where it comes from"
    );
    assert_eq!(
        post(&form, "csrf=0&kind=acknowledge&revision=0").0,
        "403",
        "a token of nobody"
    );
    assert_eq!(
        post(&form, &format!("csrf={token}&kind=assign&revision=0")).0,
        "403",
        "assigned to nobody"
    );
    let (code, done) = post(&form, &body);
    assert_eq!(code, "303", "{done}");
    assert!(
        done.contains(&format!("location: /alerts/{ALERT}?lang=en")),
        "{done}"
    );
    let (code, late) = post(&form, &body);
    assert_eq!(code, "409");
    assert!(
        late.contains("Somebody else was there before") && late.contains("acknowledged by local"),
        "{late}"
    );
}

#[test]
fn what_cannot_be_read_in_a_url_is_said_and_everything_is_shown() {
    let (board, server) = a_board();
    board.stands(State::Ok);
    feed(&board);
    for wrong in ["channel=fax", "reading=none", "period=1000d"] {
        let page = get(server.address, &format!("/?lang=en&{wrong}"));
        assert_eq!(status(&page), "200", "{wrong}");
        assert!(
            page.contains("This filter cannot be read"),
            "{wrong}: {page}"
        );
    }
    assert_eq!(status(&get(server.address, "/alerts/nothing")), "404");
    assert_eq!(status(&get(server.address, "/assets/0/board.js")), "404");
    let nowhere = get(server.address, "/nowhere?lang=fr");
    assert_eq!(status(&nowhere), "404");
    assert!(nowhere.contains("Cette page n'existe pas"), "{nowhere}");
}

#[test]
fn a_page_that_stays_open_is_one_look_in_the_audit() {
    let held = crate::server::Held::new(crate::day::view());
    let server = Server::start(&held, "127.0.0.1:0");
    for _ in 0..3 {
        for alert in ["a", "b"] {
            get(server.address, &format!("/alerts/{}", alert.repeat(32)));
        }
    }
    get(server.address, "/alerts/nothing");
    assert_eq!(*held.looks.lock().unwrap(), 2);
}

#[test]
fn pages_have_their_policy_and_are_not_sent_twice() {
    let (board, server) = a_board();
    board.stands(State::Ok);
    let page = get(server.address, "/");
    assert!(
        page.contains(
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'"
        ),
        "{page}"
    );
    let tag = format!("\"{}\"", after(&page, "etag: \""));
    let again = ask(server.address, "GET /", &[("If-None-Match", &tag)], "");
    assert_eq!(status(&again), "304", "{again}");
}
