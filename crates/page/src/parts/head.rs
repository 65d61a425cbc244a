//! Head and foot of every page: who, when, what is looked at, and how.

use super::Shown;
use crate::charts::mark;
use crate::look::{Look, Theme, code};
use crate::texts::{Language, Texts};
use board::views::{By, Period};
use maud::{Markup, html};

/// The head. Filters are shown on the live page only.
#[must_use]
pub fn head(shown: Shown<'_>, with_filters: bool, path: &str) -> Markup {
    let texts = shown.texts();
    let Shown {
        view, look, format, ..
    } = shown;
    html! {
        header.head {
            h1 {
                a href=(look.href_with("/", |look| look.open = None)) {
                    (mark()) span.hidden { "Ricochet " } bdi.clip { (view.tenant) }
                }
            }
            div.live #live {
                svg viewBox="0 0 10 10" aria-hidden="true" { circle cx="5" cy="5" r="4" {} }
                span {
                    (texts.today) " "
                    time datetime=(format.machine_time(view.at.0)) { (format.clock(view.at.0)) }
                }
            }
            @if with_filters { (filters(shown)) }
            (tools(look, texts, path))
        }
    }
}

fn tools(look: &Look, texts: &Texts, path: &str) -> Markup {
    let language = |language: Language| {
        let href = look.href_with(path, |look| {
            look.language = language;
            look.language_is_chosen = true;
        });
        let name = match language {
            Language::English => "English",
            Language::French => "Français",
        };
        let current = (look.language == language).then_some("true");
        html! {
            a href=(href) lang=(code(language)) hreflang=(code(language)) aria-current=[current] title=(name) {
                span aria-hidden="true" { (code(language).to_uppercase()) } span.hidden { (name) }
            }
        }
    };
    let theme = |theme: Theme, class: &str, words: &str, path_of_icon: &str| {
        html! {
            a class=(class) href=(look.href_with(path, |look| look.theme = Some(theme))) title=(words) {
                svg.channel viewBox="0 0 20 20" aria-hidden="true" { path d=(path_of_icon) {} }
                span.hidden { (words) }
            }
        }
    };
    html! {
        nav.tools aria-label=(texts.how_it_looks) {
            (language(Language::French)) (language(Language::English))
            (theme(Theme::Dark, "to-dark", texts.dark, "M16.5 12.5A7 7 0 0 1 7.5 3.5 7 7 0 1 0 16.5 12.5Z"))
            (theme(Theme::Light, "to-light", texts.light, "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.5 1.5M14.5 14.5 16 16M4 16l1.5-1.5M14.5 5.5 16 4"))
            a href=(look.href_with(path, |look| look.wall = !look.wall)) aria-current=[look.wall.then_some("true")] title=(texts.wall) {
                svg.channel viewBox="0 0 20 20" aria-hidden="true" { path d="M2.5 3.5h15v10h-15ZM7 17h6M10 13.5V17" {} }
                span.hidden { (texts.wall) }
            }
            button #keys-open type="button" hidden title=(texts.keys_title) aria-label=(texts.keys_title) { "?" }
        }
    }
}

fn filters(shown: Shown<'_>) -> Markup {
    let texts = shown.texts();
    let Shown { view, look, .. } = shown;
    let (filter, choices) = (&look.filter, &view.choices);
    let strings = |list: &[String]| -> Vec<(String, String)> {
        list.iter().map(|one| (one.clone(), one.clone())).collect()
    };
    let readings: Vec<(String, String)> = choices
        .readings
        .iter()
        .map(|one| (one.clone(), texts.reading_words(one)))
        .collect();
    let channels: Vec<(String, String)> = choices
        .channels
        .iter()
        .map(|one| (one.name().to_owned(), texts.channel(*one).to_owned()))
        .collect();
    let periods: Vec<(String, String)> = [Period::Today, Period::Days(7), Period::Days(28)]
        .into_iter()
        .map(|one| (one.text(), texts.period_words(one, shown.format)))
        .collect();
    let period = (filter.period != Period::Today).then(|| filter.period.text());
    let period_words = |_: &str| texts.period_words(filter.period, shown.format);
    let same = |text: &str| text.to_owned();
    html! {
        form.filters method="get" action="/" role="search" aria-label=(texts.filters) {
            (choice("reading", texts.any_reading, &readings[..], filter.reading.as_deref(), texts.reading, same, false))
            (choice("period", "", &periods, period.as_deref(), texts.period, period_words, true))
            (choice("channel", texts.any_channel, &channels, filter.channel.map(model::Channel::name), texts.channel_word, same, false))
            (choice("reason", texts.any_reason, &strings(&choices.reasons), filter.reason.as_deref(), texts.reason, same, false))
            (choice("team", texts.any_team, &strings(&choices.teams), filter.team.as_deref(), texts.team, same, false))
            (choice("tier", texts.any_tier, &strings(&choices.tiers), filter.tier.as_deref(), texts.tier, same, false))
            @if filter.by != By::Reason { input type="hidden" name="by" value=(filter.by.name()); }
            @for (key, value) in look.own_pairs() { input type="hidden" name=(key) value=(value); }
            button.button type="submit" { (texts.filter) }
            @if filter.pairs().iter().any(|(key, _)| *key != "by") {
                a.button href=(look.href_with("/", |look| {
                    look.filter = board::views::Filter { by: look.filter.by, ..Default::default() };
                })) { (texts.all) }
            }
        }
    }
}

/// A list to choose from. What is chosen stands in it even if it is none of the choices.
fn choice(
    key: &str,
    any: &str,
    choices: &[(String, String)],
    chosen: Option<&str>,
    label: &str,
    words: impl Fn(&str) -> String,
    is_whole: bool,
) -> Markup {
    let stranger = chosen.filter(|chosen| !choices.iter().any(|(value, _)| value == chosen));
    if choices.is_empty() && stranger.is_none() {
        return html! {};
    }
    html! {
        select name=(key) aria-label=(label) title=(label) class=[chosen.map(|_| "chosen")] {
            @if !is_whole { option value="" { (any) } }
            @if let Some(stranger) = stranger {
                option value=(stranger) selected { (words(stranger)) }
            }
            @for (value, text) in choices {
                option value=(value) selected[chosen == Some(value.as_str())] { (text) }
            }
        }
    }
}

/// The foot, with what keys do: whoever has no script reads it here, and has none of the keys.
#[must_use]
pub fn foot(shown: Shown<'_>) -> Markup {
    let texts = shown.texts();
    html! {
        footer.foot {
            p { (texts.foot) " " a href="/api/v1/openapi.json" { (texts.api) } "." }
        }
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { (texts.keys_title) }
            dl {
                @for (key, what) in texts.keys { dt { kbd { (key) } } dd { (what) } }
            }
            form method="dialog" { button.button { (texts.close_dialog) } }
        }
    }
}
