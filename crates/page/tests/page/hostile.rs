//! Text from outside that means harm.

use crate::day;
use crate::states::written;
use board::views::*;

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></style><svg onload=alert(1)>",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "\u{202e}txt.exe\u{202c} سلام",
    "a\u{0}b\nc\td",
];

/// A view in which every text from outside says this.
pub fn everywhere(text: &str) -> View {
    let text = || text.to_owned();
    let mut view = day::view();
    view.tenant = text();
    view.choices.reasons = vec![text()];
    view.choices.teams = vec![text()];
    view.filter.reason = Some(text());
    view.filter.tier = Some(text());
    view.filter.reading = Some(text());
    view.reading = text();
    for row in &mut view.causes.rows {
        row.name = text();
        for sample in &mut row.samples {
            sample.contact_id = text();
        }
    }
    for alert in &mut view.people.rows {
        alert.alert_id = text();
        alert.name = text();
        alert.reasons = vec![text()];
        alert.team = Some(text());
        alert.tier = Some(text());
        if let Some(title) = &mut alert.title {
            title.en = text();
        }
        if let Some(act) = &mut alert.act {
            act.assignee = Some(text());
        }
    }
    for rule in &mut view.journeys.rules {
        rule.rule = text();
        rule.title.en = text();
    }
    for one in &mut view.journeys.degraded {
        one.title.en = text();
        one.segment = vec![text()];
    }
    for change in &mut view.now.changes {
        match change {
            Change::Reason { reason, .. } => *reason = text(),
            Change::Marker { kind, name, .. } => (*kind, *name) = (text(), text()),
            _ => {}
        }
    }
    for source in &mut view.quality.sources {
        source.source = text();
    }
    view.quality.statements.push(Statement::SourceSilent {
        source: text(),
        since: At(0),
    });
    view.quality.dead_letters[0].topic = text();
    view.quality.dead_letters[0].reason = text();
    view
}

/// The tags of a page in order, names only.
fn tags(page: &str) -> Vec<&str> {
    page.split('<')
        .skip(1)
        .map(|tag| tag.split([' ', '>', '\n', '\t']).next().unwrap_or(""))
        .collect()
}

#[test]
fn no_text_becomes_markup() {
    let harmless = tags_of("harmless");
    for text in HOSTILE {
        let page = written(&everywhere(text), "");
        assert_eq!(tags(&page).len(), harmless, "{text}");
        assert!(!page.contains("<script>alert"), "{text}");
        assert!(!page.contains("href=\"javascript:"), "{text}");
    }
}

fn tags_of(text: &str) -> usize {
    tags(&written(&everywhere(text), "")).len()
}

#[test]
fn attributes_stay_what_they_are() {
    // A quotation mark inside an attribute would end it.
    let page = written(&everywhere("\"><img src=x onerror=alert(1)>"), "");
    for tag in page
        .split('<')
        .skip(1)
        .filter_map(|tag| tag.split('>').next())
    {
        let quotes = tag.matches('"').count();
        assert!(quotes.is_multiple_of(2), "<{tag}>");
        assert!(
            !tag.contains("onerror=alert(1)") || tag.contains("&quot;"),
            "<{tag}>"
        );
    }
}

#[test]
fn a_text_of_any_length_is_passed_on_whole() {
    let long = "a".repeat(10_000);
    let page = written(&everywhere(&long), "");
    assert!(page.contains(&long));
    assert_eq!(tags(&page).len(), tags_of("harmless"));
}

#[test]
fn right_to_left_text_does_not_turn_its_neighbours() {
    let page = written(&everywhere("سلام"), "");
    let inside = page.matches("<bdi>سلام</bdi>").count();
    assert!(inside > 20, "{inside}");
}

#[test]
fn numbers_that_are_none_make_no_picture_fail() {
    let mut view = day::view();
    for point in &mut view.now.line {
        point.so_far.value = Some(f64::NAN);
    }
    for point in &mut view.now.band {
        point.normal.upper = f64::INFINITY;
    }
    view.journeys.degraded[0].told = vec![ExpectedAndSeen {
        at: At(i64::MAX),
        expected: f64::NAN,
        seen: f64::INFINITY,
    }];
    view.now.avoidable_cost.amount = f64::NAN;
    view.at = At(i64::MIN);
    let page = written(&view, "");
    assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
}
