//! Addresses and what is answered there.
//!
//! | address | answer |
//! |---|---|
//! | `GET /` | the live page; its query is filter and look |
//! | `GET /alerts/ID` | an alert with its story |
//! | `POST /alerts/ID/acts` | does what a form says, then leads back to the alert |
//! | `GET /assets/HASH/NAME` | a file of the pages, kept by browsers for a year |

use crate::assets;
use crate::format::Format;
use crate::look::{self, Look};
use crate::pages::{self, Story};
use crate::parts::Shown;
use crate::texts::{Language, Texts};
use crate::viewer::Viewer;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use board::views::{ActKind, AlertDetail, Filter, View};
use jiff::tz::TimeZone;
use maud::Markup;
use std::sync::Arc;

/// Bytes of a form, at most.
const FORM_BYTES_MAX: usize = 4096;

/// Nothing from another host, no script or style inside a page, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the pages are made from: whoever keeps the board.
pub trait Board: Send + Sync + 'static {
    /// What one look at the board shows.
    fn view(&self, filter: &Filter) -> Arc<View>;

    /// An alert with its story, if it is kept.
    fn alert(&self, alert_id: &str) -> Option<AlertDetail>;

    /// Who asks; an answer instead where nobody may.
    ///
    /// # Errors
    /// The answer for whoever may not see the page.
    #[allow(clippy::result_large_err)] // It is the answer, and it is rare.
    fn viewer(&self, headers: &HeaderMap) -> Result<Viewer, Response>;

    /// Does something with an alert.
    ///
    /// # Errors
    /// Why it was not done.
    fn act(&self, headers: &HeaderMap, asked: &Asked<'_>) -> Result<(), Refused>;
}

/// What a form asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The alert.
    pub alert_id: &'a str,
    /// What to do.
    pub kind: ActKind,
    /// To whom it is given.
    pub assignee: Option<&'a str>,
    /// How many acts whoever asks has seen.
    pub revision: u64,
    /// The token of the form.
    pub csrf_token: &'a str,
}

/// Why an act was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Somebody else was there before.
    Conflict,
    /// The alert is not there.
    Gone,
    /// The form is not ours, is too old, or its sender may not.
    Forbidden,
    /// It cannot be kept now.
    Unavailable,
}

/// The pages.
pub fn router<B: Board>(board: Arc<B>) -> Router {
    Router::new()
        .route("/", get(live::<B>))
        .route("/alerts/{alert}", get(story::<B>))
        .route("/alerts/{alert}/acts", post(act::<B>))
        .route("/assets/{hash}/{name}", get(asset))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(board)
}

/// A look and the filter's complaint, if it has one.
fn read_look(
    query: Option<&str>,
    headers: &HeaderMap,
    or_language: Language,
) -> (Look, Option<String>) {
    let pairs = look::decoded(query.unwrap_or(""));
    let texts = pairs
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let (filter, wrong) = match Filter::read(texts) {
        Ok(filter) => (filter, None),
        Err(error) => (Filter::default(), Some(error.to_string())),
    };
    let accepted = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|header| header.to_str().ok());
    let language = accepted.and_then(look::accepted).unwrap_or(or_language);
    (Look::read(&pairs, filter, language), wrong)
}

fn format_of(view: &View, look: &Look) -> Format {
    Format {
        language: look.language,
        zone: TimeZone::get(&view.time_zone).unwrap_or(TimeZone::UTC),
        currency: view.currency.clone(),
    }
}

fn configured(view: &View) -> Language {
    look::language(&view.language).unwrap_or(Language::English)
}

async fn live<B: Board>(
    State(board): State<Arc<B>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let viewer = match board.viewer(&headers) {
        Ok(viewer) => viewer,
        Err(answer) => return answer,
    };
    let (look, wrong) = read_look(query.as_deref(), &headers, Language::English);
    let view = board.view(&look.filter);
    // Whoever wishes for no language that is spoken here gets the configured one.
    let (look, wrong) = if look.language_is_chosen {
        (look, wrong)
    } else {
        read_look(query.as_deref(), &headers, configured(&view))
    };
    let format = format_of(&view, &look);
    let shown = Shown {
        view: &view,
        look: &look,
        format: &format,
        viewer: &viewer,
    };
    page(
        &headers,
        StatusCode::OK,
        &pages::live(shown, wrong.as_deref()),
    )
}

async fn story<B: Board>(
    State(board): State<Arc<B>>,
    Path(alert): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let viewer = match board.viewer(&headers) {
        Ok(viewer) => viewer,
        Err(answer) => return answer,
    };
    story_page(
        board.as_ref(),
        &viewer,
        &alert,
        query.as_deref(),
        &headers,
        None,
    )
}

fn story_page<B: Board>(
    board: &B,
    viewer: &Viewer,
    alert: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    refused: Option<Refused>,
) -> Response {
    let view = board.view(&Filter::default());
    let (look, _) = read_look(query, headers, configured(&view));
    let format = format_of(&view, &look);
    let detail = board.alert(alert);
    let texts = Texts::of(look.language);
    let told = refused.map(|refused| texts.refused(refused));
    let shown = Shown {
        view: &view,
        look: &look,
        format: &format,
        viewer,
    };
    let path = format!("/alerts/{}", look::encoded(alert));
    let status = match (refused, &detail) {
        (Some(Refused::Conflict), _) => StatusCode::CONFLICT,
        (Some(Refused::Forbidden), _) => StatusCode::FORBIDDEN,
        (Some(Refused::Unavailable), _) => StatusCode::SERVICE_UNAVAILABLE,
        (Some(Refused::Gone), _) | (None, None) => StatusCode::NOT_FOUND,
        (None, Some(_)) => StatusCode::OK,
    };
    let story = Story {
        shown,
        detail: detail.as_ref(),
        told,
    };
    page(headers, status, &pages::story(story, &path))
}

async fn act<B: Board>(
    State(board): State<Arc<B>>,
    Path(alert): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let viewer = match board.viewer(&headers) {
        Ok(viewer) => viewer,
        Err(answer) => return answer,
    };
    let pairs = look::decoded(&String::from_utf8_lossy(&body));
    let value = |key: &str| {
        pairs
            .iter()
            .find(|(name, _)| name == key)
            .map_or("", |(_, value)| value.as_str())
    };
    let kinds = [
        ActKind::Acknowledge,
        ActKind::Assign,
        ActKind::Close,
        ActKind::Reopen,
    ];
    let kind = kinds
        .into_iter()
        .find(|kind| crate::parts::act_name(*kind) == value("kind"));
    let assignee = Some(value("assignee").trim()).filter(|assignee| !assignee.is_empty());
    let done = match (kind, value("revision").parse()) {
        (Some(kind), Ok(revision)) => board.act(
            &headers,
            &Asked {
                alert_id: &alert,
                kind,
                assignee,
                revision,
                csrf_token: value("csrf"),
            },
        ),
        _ => Err(Refused::Forbidden),
    };
    if let Err(refused) = done {
        return story_page(
            board.as_ref(),
            &viewer,
            &alert,
            query.as_deref(),
            &headers,
            Some(refused),
        );
    }
    let query = query.map_or(String::new(), |query| format!("?{query}"));
    let target = format!("/alerts/{}{query}", look::encoded(&alert));
    (StatusCode::SEE_OTHER, [(LOCATION, target)]).into_response()
}

async fn asset(Path((hash, name)): Path<(String, String)>) -> Response {
    let path = format!("/assets/{hash}/{name}");
    match assets::ALL.iter().find(|asset| asset.path() == path) {
        Some(asset) => (
            [
                (CONTENT_TYPE, asset.content_type),
                (CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ],
            asset.body,
        )
            .into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such file").into_response(),
    }
}

/// A page with what browsers have to know of it. One that a browser has already is not sent again.
fn page(headers: &HeaderMap, status: StatusCode, markup: &Markup) -> Response {
    let tag = format!(
        "\"{:016x}\"",
        xxhash_rust::xxh3::xxh3_64(markup.0.as_bytes())
    );
    let known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let about = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "private, no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (VARY, "accept-language, cookie"),
    ];
    if known && status == StatusCode::OK {
        return (StatusCode::NOT_MODIFIED, about, [(ETAG, tag)]).into_response();
    }
    (status, about, [(ETAG, tag)], markup.0.clone()).into_response()
}
