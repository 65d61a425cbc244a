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
use crate::parts::{self, Shown};
use crate::texts::{Language, Texts};
use crate::viewer::Viewer;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use board::http::{Site, Who};
use board::views::{ActKind, AlertDetail, Asked, Filter, View};
use jiff::tz::TimeZone;
use maud::Markup;
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whoever asks for a story again within this time since he asked last is still looking at it.
const ONE_LOOK: Duration = Duration::from_secs(10 * 60);
/// Looks that are remembered. Of those beyond the oldest are forgotten, and noted again.
const LOOKS_MAX: usize = 2_000;
/// Bytes of a form, at most.
const FORM_BYTES_MAX: usize = 4096;

/// What the pages are made from: the board, or what a test puts in its place.
pub trait Source: Clone + Send + Sync + 'static {
    /// What one look at the board shows; nothing: the filter's reading is not evaluated.
    fn view(&self, filter: &Filter) -> Option<Arc<View>>;

    /// An alert with its story, if it is kept.
    fn alert(&self, alert_id: &str) -> Option<AlertDetail>;

    /// Notes that somebody looked at that story.
    fn looked(&self, who: &Who, alert_id: &str);

    /// Does something with an alert.
    fn act(
        &self,
        who: &Who,
        alert_id: &str,
        asked: &Asked,
    ) -> impl Future<Output = Result<(), Refused>> + Send;
}

impl Source for Site {
    fn view(&self, filter: &Filter) -> Option<Arc<View>> {
        self.board.view(filter).ok()
    }

    fn alert(&self, alert_id: &str) -> Option<AlertDetail> {
        self.board.alert(alert_id)
    }

    fn looked(&self, who: &Who, alert_id: &str) {
        Site::looked(self, who, alert_id);
    }

    async fn act(&self, who: &Who, alert_id: &str, asked: &Asked) -> Result<(), Refused> {
        let done = Site::act(self, who, alert_id, asked).await;
        done.map(drop)
            .map_err(|problem| match StatusCode::from_u16(problem.status) {
                Ok(StatusCode::CONFLICT) => Refused::Conflict,
                Ok(StatusCode::NOT_FOUND) => Refused::Gone,
                Ok(StatusCode::BAD_REQUEST) => Refused::Forbidden,
                _ => Refused::Unavailable,
            })
    }
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

/// What handlers are given.
#[derive(Clone)]
struct Pages<S> {
    source: S,
    /// Makes the tokens of forms: drawn when the process starts.
    secret: Arc<RandomState>,
    /// Who looked at what and when, as hashes, the latest last.
    looks: Arc<Mutex<VecDeque<(u64, Instant)>>>,
}

impl<S> Pages<S> {
    /// Whether this look is to be noted: a page that stays open asks again and again, and is one look.
    fn is_first_look(&self, who: &Who, alert_id: &str) -> bool {
        let look = self.secret.hash_one((who.name.as_str(), alert_id));
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = !looks
            .iter()
            .any(|(one, at)| *one == look && at.elapsed() < ONE_LOOK);
        looks.retain(|(one, at)| *one != look && at.elapsed() < ONE_LOOK);
        if looks.len() >= LOOKS_MAX {
            looks.pop_front();
        }
        looks.push_back((look, Instant::now()));
        is_first
    }

    /// Whoever the gate has let in, with the token of his forms.
    fn viewer(&self, who: &Who) -> Viewer {
        let half = |place: u8| self.secret.hash_one((place, who.name.as_str()));
        let csrf_token = Some(format!("{:016x}{:016x}", half(0), half(1)));
        Viewer {
            name: Some(who.name.clone()),
            csrf_token,
        }
    }
}

/// The pages. They expect the gate (`board::http::guarded`) before them: it says who asks.
pub fn router<S: Source>(source: S) -> Router {
    let pages = Pages {
        source,
        secret: Arc::new(RandomState::new()),
        looks: Arc::default(),
    };
    Router::new()
        .route("/", get(live::<S>))
        .route("/alerts/{alert}", get(story::<S>))
        .route("/alerts/{alert}/acts", post(act::<S>))
        .route("/assets/{hash}/{name}", get(asset))
        .fallback(missing)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(pages)
}

/// The page for an address that leads nowhere.
async fn missing(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let (look, _) = read_look(query.as_deref(), &headers, Language::English);
    page(&headers, StatusCode::NOT_FOUND, &pages::missing(&look))
}

/// Writes a page on a thread that may take its time: streams go on meanwhile.
async fn apart(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.unwrap_or_else(|error| {
        tracing::error!(%error, "a page could not be written");
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the page could not be written; the log says why",
        )
            .into_response()
    })
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

/// The view of a filter; where its reading is not evaluated, of everything, with a complaint.
fn viewed<S: Source>(source: &S, filter: &Filter) -> (Option<Arc<View>>, Option<String>) {
    if let Some(view) = source.view(filter) {
        return (Some(view), None);
    }
    let complaint = filter
        .reading
        .as_ref()
        .map(|reading| format!("reading: {reading}"));
    (source.view(&Filter::default()), complaint)
}

async fn live<S: Source>(
    State(pages): State<Pages<S>>,
    Extension(who): Extension<Who>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    apart(move || {
        let (look, wrong) = read_look(query.as_deref(), &headers, Language::English);
        let (view, complaint) = viewed(&pages.source, &look.filter);
        let Some(view) = view else {
            return nothing(&headers, &look);
        };
        // Whoever wishes for no language that is spoken here gets the configured one.
        let (mut look, _) = read_look(query.as_deref(), &headers, configured(&view));
        if complaint.is_some() {
            look.filter = Filter::default();
        }
        let (format, viewer) = (format_of(&view, &look), pages.viewer(&who));
        let shown = Shown {
            view: &view,
            look: &look,
            format: &format,
            viewer: &viewer,
        };
        page(
            &headers,
            StatusCode::OK,
            &pages::live(shown, wrong.or(complaint).as_deref()),
        )
    })
    .await
}

/// There is no view at all: only a configuration without any reading could have none.
fn nothing(headers: &HeaderMap, look: &Look) -> Response {
    page(headers, StatusCode::NOT_FOUND, &pages::missing(look))
}

async fn story<S: Source>(
    State(pages): State<Pages<S>>,
    Extension(who): Extension<Who>,
    Path(alert): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    apart(move || story_page(&pages, &who, &alert, query.as_deref(), &headers, None)).await
}

fn story_page<S: Source>(
    pages: &Pages<S>,
    who: &Who,
    alert: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    refused: Option<Refused>,
) -> Response {
    let (look, _) = read_look(query, headers, Language::English);
    let Some(view) = pages.source.view(&Filter::default()) else {
        return nothing(headers, &look);
    };
    let (look, _) = read_look(query, headers, configured(&view));
    let (format, viewer) = (format_of(&view, &look), pages.viewer(who));
    let detail = pages.source.alert(alert);
    if detail.is_some() && pages.is_first_look(who, alert) {
        pages.source.looked(who, alert);
    }
    let told = refused.map(|refused| Texts::of(look.language).refused(refused));
    let shown = Shown {
        view: &view,
        look: &look,
        format: &format,
        viewer: &viewer,
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

/// What a form asks for, if it is one of ours for this viewer.
fn read_form(body: &[u8], viewer: &Viewer) -> Result<Asked, Refused> {
    let pairs = look::decoded(&String::from_utf8_lossy(body));
    let value = |key: &str| {
        let pair = pairs.iter().find(|(name, _)| name == key);
        pair.map_or("", |(_, value)| value.as_str())
    };
    if viewer.csrf_token.as_deref() != Some(value("csrf")) {
        return Err(Refused::Forbidden);
    }
    let kinds = [
        ActKind::Acknowledge,
        ActKind::Assign,
        ActKind::Close,
        ActKind::Reopen,
    ];
    let kind = kinds
        .into_iter()
        .find(|kind| parts::act_name(*kind) == value("kind"));
    let assignee = Some(value("assignee").trim().to_owned()).filter(|name| !name.is_empty());
    match (kind, value("revision").parse()) {
        (Some(kind), Ok(revision)) => Ok(Asked {
            kind,
            assignee,
            revision,
        }),
        _ => Err(Refused::Forbidden),
    }
}

async fn act<S: Source>(
    State(pages): State<Pages<S>>,
    Extension(who): Extension<Who>,
    Path(alert): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let done = match read_form(&body, &pages.viewer(&who)) {
        Ok(asked) => pages.source.act(&who, &alert, &asked).await,
        Err(refused) => Err(refused),
    };
    if let Err(refused) = done {
        return apart(move || {
            story_page(
                &pages,
                &who,
                &alert,
                query.as_deref(),
                &headers,
                Some(refused),
            )
        })
        .await;
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
        (VARY, "accept-language"),
    ];
    if known && status == StatusCode::OK {
        return (StatusCode::NOT_MODIFIED, about, [(ETAG, tag)]).into_response();
    }
    (status, about, [(ETAG, tag)], markup.0.clone()).into_response()
}
