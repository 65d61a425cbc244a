//! A day as a board might tell it: views that tests change where they want something else.

use board::views::*;
use model::Channel;

/// 2025-10-14T12:32:00Z: a Tuesday, 14:32 in Paris.
pub const NOW: i64 = 1_760_445_120_000;
/// Midnight of it in Paris.
const MIDNIGHT: i64 = 1_760_392_800_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// 2025-10-14.
pub const TODAY: Day = Day(20_375);

fn words(en: &str, fr: &str) -> Words {
    Words {
        en: en.to_owned(),
        fr: fr.to_owned(),
    }
}

fn amount(amount: f64) -> Amount {
    Amount {
        amount,
        known: 120,
        of: Some(120),
    }
}

fn normal(lower: f64, median: f64, upper: f64) -> Normal {
    Normal {
        lower,
        median,
        upper,
        days: 8,
    }
}

fn span() -> Span {
    Span {
        from: TODAY,
        to: TODAY,
    }
}

/// A busy, abnormal day.
pub fn view() -> View {
    View {
        at: At(NOW),
        today: TODAY,
        tenant: "Acme".to_owned(),
        time_zone: "Europe/Paris".to_owned(),
        currency: "EUR".to_owned(),
        language: "en".to_owned(),
        filter: Filter::default(),
        reading: "j+7 assisted any".to_owned(),
        choices: choices(),
        freshness: Freshness {
            state: State::Ok,
            data_until: Some(At(NOW - 4_000)),
            read_at: Some(At(NOW - 1_000)),
            version: 42,
        },
        now: now(),
        causes: causes(),
        people: people(),
        journeys: journeys(),
        flow: flow(),
        resolved: resolved(),
        quality: quality(),
    }
}

fn choices() -> Choices {
    let strings = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    Choices {
        readings: strings(&[
            "j+7 assisted any",
            "j+7 assisted same",
            "intraday assisted any",
            "24h all any",
        ]),
        channels: Channel::ALL.to_vec(),
        reasons: strings(&[
            "payment/confirmation",
            "delivery/late",
            "contract/move",
            "billing/amount",
        ]),
        teams: strings(&["north", "south", "written"]),
        tiers: strings(&["gold", "standard"]),
    }
}

fn now() -> Now {
    let line = (1..=58).map(|quarter| {
        let hours = f64::from(quarter) / 4.0;
        let contacts = (hours - 7.0).max(0.0).powf(1.2) * 420.0;
        let rate = 0.152
            + 0.011 * (hours * 1.7).sin() / hours.max(1.0) * 4.0
            + (hours - 14.0).max(0.0) * 0.06
            + 0.0012 * (hours - 8.0);
        LinePoint {
            at: At(MIDNIGHT + i64::from(quarter) * 15 * MINUTE),
            so_far: Share::of((contacts * rate).round(), contacts as u64),
            contacts: (contacts * 1.4) as u64,
        }
    });
    let mut line: Vec<LinePoint> = line.collect();
    line.push(LinePoint {
        at: At(NOW),
        so_far: Share::of(714.0, 3_880),
        contacts: 4_212,
    });
    let band = (1..=24_i32).map(|hour| {
        let hour_f = f64::from(hour);
        let median = 0.155 + 0.004 * (hour_f / 3.0).sin();
        let width = 0.03 / hour_f.sqrt();
        BandPoint {
            at: At(MIDNIGHT + i64::from(hour) * HOUR),
            normal: normal(median - width, median, median + width),
        }
    });
    let band = band.collect();
    let volume = |channel, contacts: u64| ChannelVolume {
        channel,
        contacts,
        identified: Share::of(contacts as f64 * 0.9, contacts),
        normal: None,
    };
    Now {
        span: span(),
        basis: Basis::Figures,
        repeat_rate: Share::of(714.0, 3_880),
        normal: Some(normal(0.149, 0.158, 0.168)),
        place: Place::Above,
        retry_rate: Share::of(60.0, 3_880),
        line,
        band,
        contacts: 4_212,
        contacts_normal: Some(normal(3_900.0, 4_050.0, 4_160.0)),
        channels: vec![
            volume(Channel::Phone, 2_011),
            volume(Channel::Chat, 640),
            volume(Channel::Email, 903),
            volume(Channel::Video, 41),
            volume(Channel::Web, 617),
        ],
        coverage: Share::of(3_833.0, 4_212),
        open_alerts: 12,
        avoidable_cost: amount(3_140.4),
        changes: vec![
            Change::JourneyDegraded {
                at: At(NOW - 27 * MINUTE),
                alert_id: "d".repeat(32),
                rule: "payment-without-confirmation".to_owned(),
                title: words(
                    "Paid, got no confirmation, had to ask",
                    "A payé, n'a pas reçu de confirmation, a dû demander",
                ),
                segment: vec!["page=payment".to_owned()],
            },
            Change::RepeatRate {
                last: Share::of(96.0, 402),
                before: Share::of(61.0, 388),
            },
            Change::Reason {
                reason: "payment/confirmation".to_owned(),
                last: 41,
                before: 6,
            },
            Change::Marker {
                at: At(NOW - 32 * MINUTE),
                kind: "release".to_owned(),
                name: "web 42".to_owned(),
            },
        ],
    }
}

fn causes() -> Causes {
    let row = |name: &str, rate: f64, contacts: u64, cost: f64, rise: f64| Cause {
        name: name.to_owned(),
        is_other: name == "other",
        rate: Share::of((rate * contacts as f64).round(), contacts),
        cost: amount(cost),
        contacts,
        caused: None,
        trend: (0..14)
            .map(|place| TrendPoint {
                day: Day(TODAY.0 - 13 + place),
                rate: Share::of(
                    (rate * 0.7
                        + 0.03 * f64::from(place * place % 7) / 7.0
                        + rise * f64::from(place.max(11) - 11))
                        * 100.0,
                    100,
                ),
                cost: cost * 0.8,
            })
            .collect(),
        samples: (0..20)
            .map(|place| Sample {
                day: TODAY,
                contact_id: format!("call-{}", 7_310 + place * 17),
                channel: if place % 3 == 0 {
                    Channel::Chat
                } else {
                    Channel::Phone
                },
                source: "ivr".to_owned(),
                link: (place % 2 == 0)
                    .then(|| format!("https://crm.example/contacts/call-{}", 7_310 + place * 17)),
            })
            .collect(),
    };
    Causes {
        by: By::Reason,
        span: span(),
        basis: Basis::Figures,
        rate_is: CauseRate::Repeats,
        rows: vec![
            row("payment/confirmation", 0.38, 402, 1_204.0, 0.05),
            row("delivery/late", 0.22, 388, 611.0, 0.01),
            row("billing/amount", 0.17, 512, 402.0, 0.0),
            row("contract/move", 0.12, 240, 190.5, 0.0),
            row("access/password", 0.09, 310, 88.0, 0.0),
            row("device/box", 0.3, 12, 41.0, 0.0),
            row("", 0.11, 180, 30.0, 0.0),
            row("other", 0.08, 90, 12.0, 0.0),
        ],
        not_shown: 3,
        cost: amount(3_140.4),
    }
}

pub fn alert(id: char, kind: AlertKind, minutes: i64) -> AlertItem {
    AlertItem {
        alert_id: id.to_string().repeat(32),
        kind,
        name: "third-in-seven-days".to_owned(),
        version: 1,
        title: None,
        status: "raised".to_owned(),
        revision: 1,
        cause: None,
        at: At(NOW - minutes * MINUTE),
        standing: Standing::Open,
        act: None,
        count: Some(3),
        gap_ms: Some(26 * HOUR),
        channel: Some(Channel::Phone),
        channels: vec![Channel::Web, Channel::Phone, Channel::Phone],
        reasons: vec!["payment/confirmation".to_owned()],
        team: Some("north".to_owned()),
        tier: Some("gold".to_owned()),
        may_contact: Some(true),
        confidence: Some("unique".to_owned()),
        cost: Some(12.4),
        link: Some("https://crm.example/contacts/call-7310".to_owned()),
        is_going_on: false,
    }
}

fn people() -> People {
    let mut going_on = alert('a', AlertKind::RepeatContact, 3);
    going_on.is_going_on = true;
    let mut mail = alert('b', AlertKind::BrokenJourney, 41);
    mail.title = Some(words(
        "Came back before the mail was answered",
        "Est revenu avant la réponse à son courriel",
    ));
    mail.channels = vec![Channel::Email, Channel::Chat];
    mail.reasons = vec!["delivery/late".to_owned()];
    mail.tier = None;
    let mut taken = alert('c', AlertKind::RepeatContact, 22);
    taken.count = Some(5);
    taken.standing = Standing::Assigned;
    taken.act = Some(Act {
        kind: ActKind::Assign,
        by: "supervisor-1".to_owned(),
        at: At(NOW - 9 * MINUTE),
        assignee: Some("supervisor-2".to_owned()),
        revision: 2,
    });
    let mut dropped = alert('e', AlertKind::BrokenJourney, 18);
    dropped.title = Some(words(
        "Video chat dropped, had to call",
        "Visio coupée, a dû appeler",
    ));
    dropped.channels = vec![Channel::Video, Channel::Phone];
    dropped.may_contact = Some(false);
    People {
        open: 12,
        taken: 1,
        oldest_at: Some(At(NOW - 41 * MINUTE)),
        rows: vec![mail, dropped, going_on, taken],
        not_shown: 8,
        let_go: 0,
    }
}

fn journeys() -> Journeys {
    let rule = |rule: &str, en: &str, fr: &str, share: (f64, u64), cost: f64| RuleRow {
        rule: rule.to_owned(),
        title: words(en, fr),
        rate: Some(Share::of(share.0, share.1)),
        broken: share.0 as u64,
        cost: amount(cost),
        last_at: Some(At(NOW - 2 * MINUTE)),
        samples: Vec::new(),
    };
    let since = NOW - 27 * MINUTE;
    Journeys {
        span: span(),
        has_figures: true,
        has_monitor: true,
        rules: vec![
            rule(
                "payment-without-confirmation",
                "Paid, got no confirmation, had to ask",
                "A payé, n'a pas reçu de confirmation, a dû demander",
                (63.0, 211),
                410.0,
            ),
            rule(
                "web-then-assisted",
                "Had to ask after the web site",
                "A dû s'adresser à nous après le site",
                (188.0, 2_010),
                390.0,
            ),
            rule(
                "mail-chased",
                "Came back before the mail was answered",
                "Est revenu avant la réponse à son courriel",
                (31.0, 620),
                122.0,
            ),
            rule(
                "retry-after-abandon",
                "Gave up and tried again",
                "A abandonné, puis réessayé",
                (44.0, 210),
                80.0,
            ),
            rule(
                "video-dropped",
                "Video chat dropped, had to call",
                "Visio coupée, a dû appeler",
                (3.0, 17),
                19.0,
            ),
        ],
        degraded: vec![Degraded {
            alert_id: "d".repeat(32),
            rule: "payment-without-confirmation".to_owned(),
            title: words(
                "Paid, got no confirmation, had to ask",
                "A payé, n'a pas reçu de confirmation, a dû demander",
            ),
            segment: vec!["page=payment".to_owned(), "app_version=42".to_owned()],
            since: At(since),
            raised_at: At(since + 14 * MINUTE),
            over_since: None,
            breaks: Some(63.0),
            expected: Some(9.4),
            customers: Some(63),
            cost: Some(410.0),
            told: (1..=9)
                .map(|place| ExpectedAndSeen {
                    at: At(since + place * 3 * MINUTE),
                    expected: 1.04 * place as f64,
                    seen: (0.78 * (place * place) as f64).round(),
                })
                .collect(),
            seen: Vec::new(),
        }],
    }
}

fn flow() -> Flow {
    let band = |from, to, caused: u64, cost| Band {
        from,
        to,
        caused,
        cost: amount(cost),
        followed: Share::of(caused as f64, caused * 9),
    };
    use Channel::{Chat, Email, Phone, Web};
    Flow {
        reading: Some("j+7 all any".to_owned()),
        span: span(),
        basis: Basis::Figures,
        bands: vec![
            band(Web, Phone, 412, 1_903.0),
            band(Phone, Phone, 388, 1_611.0),
            band(Phone, Web, 240, 0.0),
            band(Email, Phone, 131, 540.0),
            band(Web, Chat, 98, 201.0),
            band(Chat, Phone, 61, 240.0),
            band(Email, Email, 44, 90.0),
            band(Phone, Email, 20, 41.0),
        ],
        others: 31,
    }
}

fn resolved() -> Resolved {
    let days = (0..28).map(|place| MaturedDay {
        day: Day(TODAY.0 - 36 + place),
        share: Share::of(
            if place % 7 == 5 {
                3.0
            } else {
                741.0 + f64::from(place * place % 11) * 4.0
            },
            if place % 7 == 5 { 4 } else { 950 },
        ),
    });
    let young = (0..7).map(|age| YoungDay {
        day: Day(TODAY.0 - 7 + i32::from(age)),
        age_days: 7 - age,
        not_back: Share::of(
            850.0 + f64::from(age) * 12.0 - if age == 6 { 60.0 } else { 0.0 },
            1_000,
        ),
        normal: Some(normal(
            0.84 + f64::from(age) * 0.012,
            0.85 + f64::from(age) * 0.012,
            0.86 + f64::from(age) * 0.012,
        )),
        place: if age == 6 {
            Place::Below
        } else {
            Place::Within
        },
    });
    let fir = Resolution {
        reading: "j+7 assisted any".to_owned(),
        basis: Basis::Figures,
        matured: Share::of(20_133.0, 25_801),
        days: days.collect(),
        young: young.collect(),
    };
    let mut fcr = fir.clone();
    fcr.reading = "j+7 phone any".to_owned();
    fcr.matured = Share::of(10_310.0, 12_001);
    Resolved {
        fir,
        fcr: Some(fcr),
    }
}

fn quality() -> Quality {
    let source = |source: &str, channel, minutes: i64| SourceItem {
        source: source.to_owned(),
        channels: vec![channel],
        coverage: Share::of(900.0, 1_000),
        last_at: Some(At(NOW - minutes * MINUTE)),
        silent: None,
    };
    Quality {
        statements: vec![
            Statement::Rejected {
                records: 212,
                reason: "missing_field".to_owned(),
            },
            Statement::ReasonsUnknown {
                share: Share::of(612.0, 4_212),
            },
            Statement::AllSourcesTalk { sources: 5 },
        ],
        sources: vec![
            source("ivr", Channel::Phone, 0),
            source("desk", Channel::Email, 2),
            source("site", Channel::Web, 0),
        ],
        reasons_known: Share::of(3_600.0, 4_212),
        not_counted: vec![
            NotCounted {
                why: "no_service_step".to_owned(),
                contacts: 310,
            },
            NotCounted {
                why: "outbound".to_owned(),
                contacts: 120,
            },
        ],
        dead_letters: vec![DeadLetters {
            reason: "missing_field".to_owned(),
            topic: "acme.calls".to_owned(),
            records: 212,
        }],
        limits: Limits {
            contacts: (101_000, 2_000_000),
            ..Limits::default()
        },
    }
}

/// The story of the alert of the view that is asked for.
pub fn detail(alert: AlertItem) -> AlertDetail {
    let contact = |channel, hours_ago: f64, minutes: i64| StoryContact {
        contact_id: format!("{}-{}", Channel::name(channel), (hours_ago * 10.0) as i64),
        channel,
        medium: None,
        source: "ivr".to_owned(),
        direction: "inbound".to_owned(),
        started_at: At(NOW - (hours_ago * HOUR as f64) as i64),
        ended_at: At(NOW - (hours_ago * HOUR as f64) as i64 + minutes * MINUTE),
        is_going_on: false,
        reason: Some("payment/confirmation".to_owned()),
        reason_source: Some("qualified".to_owned()),
        outcome: Some("handled".to_owned()),
        disposition: None,
        agent: Some("agent-17".to_owned()),
        team: Some("north".to_owned()),
        wait_ms: Some(84_000),
        handle_ms: Some(minutes * MINUTE),
        page: None,
        cost: Some(4.65),
        class: Some("repeat".to_owned()),
        verdict: Some("repeated".to_owned()),
        rank: Some(2),
        gap_ms: Some(HOUR),
        not_counted_because: None,
        changed_because: None,
        link: Some("https://crm.example/contacts/1".to_owned()),
        is_of_session: true,
        is_alerts: false,
    };
    let mut visit = contact(Channel::Web, 124.0, 14);
    visit.page = Some("payment".to_owned());
    visit.outcome = None;
    visit.agent = None;
    visit.wait_ms = None;
    visit.class = None;
    visit.cost = None;
    visit.reason_source = Some("page".to_owned());
    let mut first = contact(Channel::Phone, 123.5, 9);
    first.class = None;
    first.disposition = Some("promised_callback".to_owned());
    let mut chat = contact(Channel::Chat, 5.0, 22);
    chat.medium = Some("app".to_owned());
    chat.changed_because = Some("qualified".to_owned());
    let mut last = contact(Channel::Phone, 0.05, 3);
    last.is_alerts = true;
    last.is_going_on = true;
    last.verdict = Some("pending".to_owned());
    AlertDetail {
        session: Some(SessionItem {
            session: "5".repeat(32),
            started_at: first.started_at,
            ended_at: last.ended_at,
            contacts: 3,
            repeats: 2,
            retries: 0,
            channels: alert.channels.clone(),
            reasons: alert.reasons.clone(),
            cost: Some(14.2),
            avoidable_cost: Some(9.55),
            is_complete: false,
            last_outcome: None,
        }),
        acts: alert.act.clone().into_iter().collect(),
        alert,
        contacts: vec![visit, first, chat, last],
        is_cut: false,
    }
}
