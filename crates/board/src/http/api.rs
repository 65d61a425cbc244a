//! What is read.

use super::answer::{Page, one, rows};
use super::gate::Who;
use super::problem::Problem;
use super::query::Query;
use super::{ROUTES, Site, acts, openapi};
use crate::board::Board;
use crate::look::{AlertQuery, NoSuchReading};
use crate::views::{AlertKind, FigureItem, SessionDetail, Standing, View};
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

type Answered = Result<Response, Problem>;

const PAGED: &[&str] = &["limit", "cursor", "format"];

impl From<NoSuchReading> for Problem {
    fn from(error: NoSuchReading) -> Problem {
        let allowed = error.allowed.join(", ");
        Problem::wrong(format!("reading: is not evaluated; allowed: {allowed}"))
    }
}

/// The keys that a route's description names.
fn keys(path: &str) -> &'static [(&'static str, &'static str)] {
    let route = ROUTES.iter().find(|route| route.path == path);
    route.map_or(&[], |route| route.query)
}

/// Computes on a thread that may take its time: streams go on meanwhile.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be computed");
        let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        Err(Problem::new(
            status,
            "the answer could not be computed; the log says why",
        ))
    })
}

async fn viewed(site: Site, query: &Query) -> Result<Arc<View>, Problem> {
    let filter = query.filter()?;
    apart(move || Ok(site.board.view(&filter)?)).await
}

pub(super) async fn view(
    State(site): State<Site>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Answered {
    let query = Query::read(raw.as_deref())?;
    query.knows(keys("/api/v1/view"), &[])?;
    let view = viewed(site, &query).await?;
    Ok(one(&*view, &headers))
}

/// A table of the view.
async fn table<T: serde::Serialize>(
    site: Site,
    raw: Option<String>,
    headers: HeaderMap,
    name: &str,
    pick: impl Fn(&View) -> Vec<T>,
) -> Answered {
    let query = Query::read(raw.as_deref())?;
    query.knows(keys("/api/v1/view"), &["format"])?;
    let view = viewed(site, &query).await?;
    rows(&Page::whole(pick(&view)), name, &query, &headers)
}

macro_rules! tables {
    ($($name:ident, $pick:expr;)+) => {
        $(
            pub(super) async fn $name(
                State(site): State<Site>,
                RawQuery(raw): RawQuery,
                headers: HeaderMap,
            ) -> Answered {
                table(site, raw, headers, stringify!($name), $pick).await
            }
        )+
    };
}

tables! {
    causes, |view| view.causes.rows.clone();
    journeys, |view| view.journeys.rules.clone();
    flow, |view| view.flow.bands.clone();
    resolved, |view| view.resolved.fir.days.clone();
    sources, |view| view.quality.sources.clone();
}

pub(super) async fn figures(
    State(site): State<Site>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Answered {
    let query = Query::read(raw.as_deref())?;
    query.knows(keys("/api/v1/figures"), PAGED)?;
    let limit = query.limit()?;
    let after = query.cursor(|text| {
        let (day, name) = text.split_once('.')?;
        Some((day.parse().ok()?, u128::from_str_radix(name, 16).ok()?))
    })?;
    let filter = query.filter()?;
    let wanted = (
        query.get("figure").map(str::to_owned),
        query.get("segment").map(str::to_owned),
    );
    let (list, next) = apart(move || {
        let (figure, segment) = (wanted.0.as_deref(), wanted.1.as_deref());
        Ok(site.board.figures(&filter, figure, segment, after, limit))
    })
    .await?;
    let next = next.map(|(day, name)| format!("{day}.{name:032x}"));
    let page: Page<FigureItem> = Page { rows: list, next };
    rows(&page, "figures", &query, &headers)
}

fn alert_query(query: &Query) -> Result<AlertQuery, Problem> {
    let kind = match query.get("kind") {
        None => None,
        Some("RepeatContact") => Some(AlertKind::RepeatContact),
        Some("BrokenJourney") => Some(AlertKind::BrokenJourney),
        Some("JourneyDegraded") => Some(AlertKind::JourneyDegraded),
        Some("SourceSilent") => Some(AlertKind::SourceSilent),
        Some(_) => {
            return Err(Problem::wrong(
                "kind: allowed: RepeatContact, BrokenJourney, JourneyDegraded, SourceSilent",
            ));
        }
    };
    let standing = match query.get("standing") {
        None => None,
        Some("open") => Some(Standing::Open),
        Some("acknowledged") => Some(Standing::Acknowledged),
        Some("assigned") => Some(Standing::Assigned),
        Some("closed") => Some(Standing::Closed),
        Some(_) => {
            return Err(Problem::wrong(
                "standing: allowed: open, acknowledged, assigned, closed",
            ));
        }
    };
    Ok(AlertQuery { kind, standing })
}

pub(super) async fn alerts(
    State(site): State<Site>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Answered {
    let query = Query::read(raw.as_deref())?;
    query.knows(keys("/api/v1/alerts"), PAGED)?;
    let (filter, asked, limit) = (query.filter()?, alert_query(&query)?, query.limit()?);
    let after: Option<(i64, String)> = query.cursor(|text| {
        let (at, id) = text.split_once('.')?;
        Some((at.parse().ok()?, id.to_owned()))
    })?;
    let (list, has_more) = apart(move || {
        let after = after.as_ref().map(|(at, id)| (*at, id.as_str()));
        Ok(site.board.alerts(&filter, asked, after, limit)?)
    })
    .await?;
    let last = list.last().filter(|_| has_more);
    let next = last.map(|alert| format!("{}.{}", alert.at.0, alert.alert_id));
    rows(&Page { rows: list, next }, "alerts", &query, &headers)
}

pub(super) async fn alert(
    State(site): State<Site>,
    Extension(who): Extension<Who>,
    Path(alert_id): Path<String>,
    headers: HeaderMap,
) -> Answered {
    let board: Board = site.board.clone();
    let asked = alert_id.clone();
    let detail = apart(move || {
        board
            .alert(&asked)
            .ok_or_else(|| Problem::not_found("alert"))
    })
    .await?;
    acts::looked(&site, &who, "alert", &alert_id);
    Ok(one(&detail, &headers))
}

pub(super) async fn sessions(
    State(site): State<Site>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Answered {
    let query = Query::read(raw.as_deref())?;
    query.knows(keys("/api/v1/sessions"), PAGED)?;
    let (filter, limit) = (query.filter()?, query.limit()?);
    let after: Option<(i64, u128)> = query.cursor(|text| {
        let (at, id) = text.split_once('.')?;
        Some((at.parse().ok()?, u128::from_str_radix(id, 16).ok()?))
    })?;
    let (list, has_more) = apart(move || Ok(site.board.sessions(&filter, after, limit)?)).await?;
    let last = list.last().filter(|_| has_more);
    let next = last.map(|one| format!("{}.{}", one.started_at.0, one.session));
    rows(&Page { rows: list, next }, "sessions", &query, &headers)
}

pub(super) async fn session(
    State(site): State<Site>,
    Extension(who): Extension<Who>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answered {
    let board: Board = site.board.clone();
    let asked = name.clone();
    let (session, contacts) = apart(move || {
        board
            .session(&asked)
            .ok_or_else(|| Problem::not_found("session"))
    })
    .await?;
    acts::looked(&site, &who, "session", &name);
    Ok(one(&SessionDetail { session, contacts }, &headers))
}

pub(super) async fn me(Extension(who): Extension<Who>, headers: HeaderMap) -> Response {
    one(&who, &headers)
}

pub(super) async fn openapi(headers: HeaderMap) -> Response {
    one(&openapi::description(), &headers)
}

/// An address below `/api` that is none.
pub(super) async fn nothing() -> Response {
    Problem::not_found("address; see /api/v1/openapi.json").into_response()
}
