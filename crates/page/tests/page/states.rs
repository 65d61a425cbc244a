//! Every state in which the board can be, in both languages.

use crate::day;
use board::views::*;
use jiff::tz::TimeZone;
use page::format::Format;
use page::look::Look;
use page::pages::{self, Story};
use page::parts::Shown;
use page::texts::Language;
use page::viewer::Viewer;

/// The page of a view, with narrow spaces as plain ones.
pub fn written(view: &View, query: &str) -> String {
    let pairs = page::look::decoded(query);
    let look = Look::read(&pairs, view.filter.clone(), Language::English);
    let format = format(view, &look);
    let viewer = Viewer {
        name: None,
        csrf_token: Some("token".to_owned()),
    };
    let shown = Shown {
        view,
        look: &look,
        format: &format,
        viewer: &viewer,
    };
    pages::live(shown, None).0.replace('\u{202f}', " ")
}

pub fn format(view: &View, look: &Look) -> Format {
    Format {
        language: look.language,
        zone: TimeZone::get(&view.time_zone).expect("the zone is bundled"),
        currency: view.currency.clone(),
    }
}

fn expect(page: &str, all: &[&str]) {
    for one in all {
        assert!(page.contains(one), "`{one}` is not on the page:\n{page}");
    }
}

#[test]
fn a_day_is_told_in_english() {
    let page = written(&day::view(), "");
    expect(
        &page,
        &[
            "<html lang=\"en\">",
            "18.4 %",
            "above normal",
            "normal 14.9–16.8 %",
            "714 of 3,880",
            "3,140 €",
            "J+7 · assisted · any reason",
            "3rd contact, 1 d 2 h after the one before",
            "on the line now",
            "Paid, got no confirmation, had to ask",
            "degraded since 14:05",
            "63 customers",
            "4 of 12",
            "All sources talk: 5 sources.",
            "14:32",
        ],
    );
}

#[test]
fn a_day_is_told_in_french() {
    let page = written(&day::view(), "lang=fr");
    expect(
        &page,
        &[
            "<html lang=\"fr\">",
            "18,4 %",
            "au-dessus de la normale",
            "714 sur 3 880",
            "3 140 €",
            "taux de réitération",
            "coût évitable",
            "J+7 · canaux assistés · tous motifs",
            "3e contact, 1 j 2 h après le précédent",
            "A payé, n'a pas reçu de confirmation, a dû demander",
            "taux de résolution au premier contact",
            "motif",
            "Les 5 sources répondent.",
        ],
    );
    // No word of the other language is left over.
    for word in [
        "contact of",
        " repeat ",
        "avoidable cost",
        "Causes by",
        "resolution rate",
    ] {
        assert!(!page.contains(word), "`{word}` is English");
    }
}

#[test]
fn french_puts_narrow_spaces_before_its_signs() {
    let source = include_str!("../../src/texts/fr.rs");
    let texts = source.split_once("static TEXTS").unwrap().1;
    for (number, line) in texts.lines().enumerate() {
        for literal in line.split('"').skip(1).step_by(2) {
            for sign in [" :", " ;", " ?", " !", " %", "« ", " »"] {
                assert!(
                    !literal.contains(sign),
                    "line {number} of the texts: {literal}"
                );
            }
        }
    }
}

#[test]
fn below_thirty_contacts_there_are_counts_and_no_line() {
    let mut view = day::view();
    view.now.repeat_rate = Share::of(4.0, 12);
    view.now.place = Place::Unknown;
    view.now.normal = None;
    for point in &mut view.now.line {
        point.so_far = Share::of(4.0, 12);
    }
    let page = written(&view, "");
    expect(
        &page,
        &[
            "4 of 12",
            "nothing to compare with yet",
            "Too early for a line",
        ],
    );
    assert!(!page.contains("33.3 %"));
}

#[test]
fn a_rate_of_nothing_is_a_dash() {
    let mut view = day::view();
    view.now.repeat_rate = Share::default();
    view.resolved.fir.matured = Share::default();
    let page = written(&view, "");
    expect(&page, &["No day's window is over yet.", ">–<"]);
    assert!(!page.contains("NaN"));
}

#[test]
fn before_the_first_record_the_page_says_what_to_do_next() {
    let mut view = day::view();
    view.freshness.state = State::Empty;
    let page = written(&view, "");
    expect(&page, &["No data yet", "ricochet demo"]);
    assert!(!page.contains("id=\"causes\""));
    view.freshness.state = State::Waiting {
        topics: vec!["acme.contacts".to_owned()],
        why: "unknown topic".to_owned(),
        since: At(day::NOW - 60_000),
    };
    let page = written(&view, "lang=fr");
    expect(
        &page,
        &[
            "En attente des topics",
            "acme.contacts",
            "ricochet topics --config ricochet.toml init",
        ],
    );
    let State::Waiting { topics, .. } = &mut view.freshness.state else {
        unreachable!()
    };
    topics.clear();
    expect(&written(&view, ""), &["Kafka does not answer"]);
}

#[test]
fn a_board_that_reads_its_history_shows_the_shape_of_what_will_be() {
    let mut view = day::view();
    view.freshness.state = State::Behind {
        since: At(day::NOW - 60_000),
        records: 340_000,
    };
    view.now.contacts = 0;
    let page = written(&view, "");
    expect(
        &page,
        &[
            "Reading what happened so far",
            "Records to be read: 340,000",
            "class=\"bone\"",
        ],
    );
}

#[test]
fn a_board_that_is_behind_says_by_how_much() {
    let mut view = day::view();
    view.freshness.state = State::Behind {
        since: At(day::NOW - 60_000),
        records: 1_200,
    };
    expect(
        &written(&view, ""),
        &[
            "Catching up.",
            "Records to be read: 1,200.",
            "id=\"causes\"",
        ],
    );
    view.freshness.state = State::Disconnected {
        since: At(day::NOW - 120_000),
        why: String::new(),
    };
    expect(
        &written(&view, ""),
        &["Kafka does not answer.", "These are the figures of 14:30."],
    );
    view.freshness.state = State::Ok;
    view.freshness.data_until = Some(At(day::NOW - 4 * 60_000));
    view.quality.sources[0].silent = Some(SilentSince {
        since: At(day::NOW - 11 * 60_000),
        silence_max: "5min".to_owned(),
    });
    expect(
        &written(&view, ""),
        &[
            "Figures are 4 min old.",
            "Source ivr is silent since 14:21.",
        ],
    );
}

#[test]
fn where_nobody_needs_help_the_page_says_so() {
    let mut view = day::view();
    view.people = People {
        open: 0,
        taken: 0,
        oldest_at: None,
        rows: Vec::new(),
        not_shown: 0,
        let_go: 0,
    };
    view.causes.rows.clear();
    view.flow.bands.clear();
    view.journeys.rules.clear();
    view.journeys.degraded.clear();
    view.journeys.has_monitor = false;
    let page = written(&view, "");
    expect(
        &page,
        &[
            "Nobody waits for help",
            "No repeats in this view",
            "No contact came after another",
            "No journey has broken",
            "Nothing has been said of degraded journeys yet.",
        ],
    );
    expect(&written(&view, "lang=fr"), &["Personne n'attend d'aide"]);
}

#[test]
fn young_days_are_no_verdict() {
    let page = written(&day::view(), "");
    expect(
        &page,
        &[
            "Young days, at the same age",
            "J+1",
            "not back yet",
            "class=\"number dashed\"",
        ],
    );
}

#[test]
fn a_row_that_is_opened_shows_its_samples_and_its_address_says_so() {
    let page = written(&day::view(), "");
    assert!(!page.contains("Contacts to listen to"));
    expect(&page, &["/?open=reason:payment/confirmation#causes"]);
    let page = written(&day::view(), "open=reason:payment/confirmation");
    expect(
        &page,
        &[
            "Contacts to listen to",
            "https://crm.example/contacts/call-7310",
            "aria-expanded=\"true\"",
        ],
    );
}

#[test]
fn whoever_may_not_act_gets_no_forms() {
    let view = day::view();
    let look = Look::read(&[], Filter::default(), Language::English);
    let format = format(&view, &look);
    let viewer = Viewer::default();
    let shown = Shown {
        view: &view,
        look: &look,
        format: &format,
        viewer: &viewer,
    };
    assert!(!pages::live(shown, None).0.contains("method=\"post\""));
    assert!(written(&view, "").contains("method=\"post\""));
}

#[test]
fn a_story_is_told_contact_by_contact() {
    let view = day::view();
    for (query, words) in [
        (
            "",
            [
                "4 d 22 h later",
                "answered by",
                "said by the agent",
                "promised a call-back",
                "raised the alert",
                "14.20 €",
            ],
        ),
        (
            "lang=fr",
            [
                "4 j 22 h plus tard",
                "répondu par",
                "qualifié par le conseiller",
                "rappel promis",
                "a levé l'alerte",
                "14,20 €",
            ],
        ),
    ] {
        let look = Look::read(
            &page::look::decoded(query),
            Filter::default(),
            Language::English,
        );
        let format = format(&view, &look);
        let viewer = Viewer::default();
        let shown = Shown {
            view: &view,
            look: &look,
            format: &format,
            viewer: &viewer,
        };
        let detail = day::detail(view.people.rows[0].clone());
        let told = Story {
            shown,
            detail: Some(&detail),
            told: None,
        };
        expect(
            &pages::story(told, "/alerts/b").0.replace('\u{202f}', " "),
            &words,
        );
        let gone = Story {
            shown,
            detail: None,
            told: None,
        };
        let gone = pages::story(gone, "/alerts/b").0;
        assert!(gone.contains("not here any more") || gone.contains("n'est plus ici"));
    }
}

#[test]
fn every_figure_says_what_it_is() {
    for query in ["", "lang=fr"] {
        let page = written(&day::view(), query);
        assert!(page.matches("<details class=\"why\">").count() >= 12);
    }
}

#[test]
fn the_page_is_light_and_loads_nothing_from_elsewhere() {
    let page = written(&day::view(), "open=reason:payment/confirmation");
    let files: usize = page::assets::ALL.iter().map(|asset| asset.body.len()).sum();
    assert!(
        page.len() + files < 200_000,
        "{} + {files} bytes",
        page.len()
    );
    let script = page::assets::SCRIPT.body;
    let style = page::assets::STYLE.body;
    for (name, text) in [
        ("page", page.as_str()),
        ("script", script),
        ("style", style),
    ] {
        for part in [
            "src=\"http",
            "rel=\"stylesheet\" href=\"http",
            "@import",
            "url(http",
            "eval(",
            "innerHTML",
        ] {
            assert!(!text.contains(part), "{name}: {part}");
        }
    }
    for inside in [" style=\"", " onclick=", "<style", "javascript:"] {
        assert!(!page.contains(inside), "{inside}: the policy forbids it");
    }
}
