//! The live board as this binary serves it: its settings, its pages and API, and who may come in.

use ::settings::{Http, Language, Meant};
use anyhow::{Context, Result};
use axum::Router;
use board::http::{Gate, Ledger, Network, Proxy, Role, Site, guarded};
use board::views::Words;
use board::{Board, Reading, Settings};
use model::Channel;
use std::sync::Arc;
use telemetry::http::Tokens;

/// What of a configuration the board goes by.
pub fn settings(meant: &Meant) -> Settings {
    let readings = &meant.customers.readings;
    let list = readings.list.iter().map(|reading| {
        let scope = &readings.scopes[reading.scope];
        let channels = Channel::ALL.iter().copied();
        Reading {
            name: reading.name.to_string(),
            window: readings.windows[reading.window].to_string(),
            scope: scope.name.to_string(),
            channels: channels
                .filter(|channel| scope.channels.contains(*channel))
                .collect(),
            mode: reading.mode.name(),
        }
    });
    let titles = meant.customers.rules.current().map(|rule| {
        let title = Words {
            en: rule.title.en.to_string(),
            fr: rule.title.fr.to_string(),
        };
        (rule.name.to_string(), title)
    });
    let families = meant.families.iter().map(|family| {
        let keys = family.dimensions.iter();
        keys.map(ToString::to_string).collect()
    });
    Settings {
        tenant: meant.tenant.to_string(),
        time_zone: meant.time_zone.clone(),
        calendar: meant.customers.calendar.clone(),
        currency: meant.currency.clone(),
        language: match meant.language {
            Language::French => "fr",
            Language::English => "en",
        },
        readings: list.collect(),
        headline: readings.headline,
        titles: titles.collect(),
        families: families.collect(),
    }
}

/// All that the board answers, behind its gate.
pub fn site(board: &Board, ledger: Arc<dyn Ledger>, gate: Gate) -> Router {
    let api = board::http::router(board.clone(), ledger.clone());
    let board = board.clone();
    // One gate stands before everything.
    guarded(page::router(Site { board, ledger }).merge(api), gate)
}

/// Who may come in.
pub fn gate(http: &Http, tokens: Option<Tokens>) -> Result<Gate> {
    let proxy = match &http.proxy_header {
        None => None,
        Some(header) => Some(Proxy {
            header: header.parse().context("http.proxy_header")?,
            from: http
                .proxy_from
                .iter()
                .filter_map(|text| Network::read(text))
                .collect(),
            operators: http.operators.clone(),
        }),
    };
    let tokens = tokens.map(|tokens| -> board::http::Tokens {
        Arc::new(move |token: &str| {
            tokens.role(token).map(|role| match role {
                telemetry::http::Role::Operator => Role::Operator,
                telemetry::http::Role::Supervisor => Role::Supervisor,
            })
        })
    });
    Ok(Gate { tokens, proxy })
}
