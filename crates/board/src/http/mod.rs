//! The API. All routes stand in one table, which the router and the description are made of.

mod acts;
mod answer;
mod api;
mod gate;
mod openapi;
mod problem;
mod query;
mod rate;
mod stream;

pub use acts::{Ledger, Memory};
pub use gate::{Gate, Network, Proxy, Role, Tokens, Who, guarded};
pub use openapi::description;
pub use problem::Problem;

use crate::board::Board;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;

/// Bytes that a request may bring.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What all answers are made from, the API's and the pages'.
#[derive(Clone)]
pub struct Site {
    /// What is shown.
    pub board: Board,
    /// Where acts are written.
    pub ledger: Arc<dyn Ledger>,
}

/// A route with what the description says of it.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) method: &'static str,
    pub(crate) says: &'static str,
    /// Keys of the query, with what they mean.
    pub(crate) query: &'static [(&'static str, &'static str)],
    /// The schema of what comes back.
    pub(crate) answer: Answer,
    /// The schema of what is sent.
    pub(crate) body: Option<&'static str>,
    pub(crate) handler: fn() -> MethodRouter<Site>,
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// One value of a schema.
    One(&'static str),
    /// A table's rows of a schema, also as CSV, page by page.
    Rows(&'static str),
    /// Server-sent events.
    Events,
    /// The description itself.
    Description,
}

const FILTER: &[(&str, &str)] = &[
    (
        "reading",
        "A reading that is evaluated, such as `j+7 assisted any`; default: the headline.",
    ),
    ("channel", "`phone`, `chat`, `email`, `video` or `web`."),
    ("reason", "A reason; what lies below it is in it."),
    ("team", "A team."),
    ("tier", "A tier."),
    (
        "period",
        "`today` (default), `7d` (2d to 92d), or `2026-01-01..2026-01-31`.",
    ),
    (
        "by",
        "What causes are ranked by: `reason`, `page` or `team`.",
    ),
];

/// All routes.
pub(crate) const ROUTES: &[Route] = &[
    Route {
        path: "/api/v1/view",
        method: "get",
        says: "Everything that one look at the board shows.",
        query: FILTER,
        answer: Answer::One("View"),
        body: None,
        handler: || get(api::view),
    },
    Route {
        path: "/api/v1/figures",
        method: "get",
        says: "Rows of table `figures`, tasks added up, by date.",
        query: &[
            ("period", "As in the view."),
            ("figure", "Only this figure, such as `repeat_rate`."),
            ("channel", "Only this channel."),
            (
                "segment",
                "`none`: rows that are not broken down; else those of this key, such as `reason`.",
            ),
        ],
        answer: Answer::Rows("FigureItem"),
        body: None,
        handler: || get(api::figures),
    },
    Route {
        path: "/api/v1/alerts",
        method: "get",
        says: "Alerts that fit the filter, the newest first.",
        query: &[
            ("channel", "As in the view."),
            ("reason", "As in the view."),
            ("team", "As in the view."),
            ("tier", "As in the view."),
            ("period", "As in the view; with today also the day before."),
            (
                "kind",
                "`RepeatContact`, `BrokenJourney`, `JourneyDegraded` or `SourceSilent`.",
            ),
            (
                "standing",
                "`open`, `acknowledged`, `assigned` or `closed`.",
            ),
        ],
        answer: Answer::Rows("AlertItem"),
        body: None,
        handler: || get(api::alerts),
    },
    Route {
        path: "/api/v1/alerts/{alert_id}",
        method: "get",
        says: "An alert with its story. Who asked is noted in the audit.",
        query: &[],
        answer: Answer::One("AlertDetail"),
        body: None,
        handler: || get(api::alert),
    },
    Route {
        path: "/api/v1/alerts/{alert_id}/acts",
        method: "post",
        says: "Acknowledges, assigns, closes or reopens an alert. Needs the header `X-Ricochet`. 409 with \
               what stands if somebody was first.",
        query: &[],
        answer: Answer::One("AlertDetail"),
        body: Some("Asked"),
        handler: || post(acts::act),
    },
    Route {
        path: "/api/v1/sessions",
        method: "get",
        says: "Sessions of the headline reading, the newest first.",
        query: &[
            ("channel", "As in the view."),
            ("reason", "As in the view."),
            ("period", "As in the view."),
        ],
        answer: Answer::Rows("SessionItem"),
        body: None,
        handler: || get(api::sessions),
    },
    Route {
        path: "/api/v1/sessions/{session}",
        method: "get",
        says: "A session with its contacts. Who asked is noted in the audit.",
        query: &[],
        answer: Answer::One("SessionDetail"),
        body: None,
        handler: || get(api::session),
    },
    Route {
        path: "/api/v1/causes",
        method: "get",
        says: "The causes of the view as a table.",
        query: FILTER,
        answer: Answer::Rows("Cause"),
        body: None,
        handler: || get(api::causes),
    },
    Route {
        path: "/api/v1/journeys",
        method: "get",
        says: "The journey rules of the view as a table.",
        query: FILTER,
        answer: Answer::Rows("RuleRow"),
        body: None,
        handler: || get(api::journeys),
    },
    Route {
        path: "/api/v1/flow",
        method: "get",
        says: "The pairs of channels of the view as a table.",
        query: FILTER,
        answer: Answer::Rows("Band"),
        body: None,
        handler: || get(api::flow),
    },
    Route {
        path: "/api/v1/resolved",
        method: "get",
        says: "First interaction resolution of matured dates, as a table.",
        query: FILTER,
        answer: Answer::Rows("MaturedDay"),
        body: None,
        handler: || get(api::resolved),
    },
    Route {
        path: "/api/v1/sources",
        method: "get",
        says: "The sources of the view as a table.",
        query: FILTER,
        answer: Answer::Rows("SourceItem"),
        body: None,
        handler: || get(api::sources),
    },
    Route {
        path: "/api/v1/stream",
        method: "get",
        says: "Server-sent events: `changed` (look again), `alert`, `acted`, `freshness`, `reset` (look \
               anew). `Last-Event-ID` brings what was missed.",
        query: &[],
        answer: Answer::Events,
        body: None,
        handler: || get(stream::stream),
    },
    Route {
        path: "/api/v1/me",
        method: "get",
        says: "Who asks.",
        query: &[],
        answer: Answer::One("Who"),
        body: None,
        handler: || get(api::me),
    },
    Route {
        path: "/api/v1/openapi.json",
        method: "get",
        says: "This description.",
        query: &[],
        answer: Answer::Description,
        body: None,
        handler: || get(api::openapi),
    },
];

/// The API of a board. Puts no gate before it: see [`guarded`].
pub fn router(board: Board, ledger: Arc<dyn Ledger>) -> Router {
    let routes = ROUTES.iter().fold(Router::new(), |router, route| {
        router.route(route.path, (route.handler)())
    });
    routes
        .route("/api/{*rest}", axum::routing::any(api::nothing))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(Site { board, ledger })
}
