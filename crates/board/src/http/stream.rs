//! Server-sent events.

use super::Site;
use super::problem::Problem;
use crate::events::{Event, Listening};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Streams of a process.
const STREAMS_MAX: usize = 2_000;
/// Who hears nothing for so long is told that all is well.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

static STREAMS: AtomicUsize = AtomicUsize::new(0);

/// Counts a stream as long as it is there.
struct Counted;

impl Counted {
    fn new() -> Option<Counted> {
        let before = STREAMS.fetch_add(1, Ordering::Relaxed);
        let counted = Counted;
        (before < STREAMS_MAX).then_some(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        STREAMS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A client's place.
struct Client {
    site: Site,
    waiting: VecDeque<Arc<Event>>,
    receiver: tokio::sync::broadcast::Receiver<Arc<Event>>,
    /// It has to look anew: what it missed is not kept.
    resets: bool,
    _counted: Counted,
}

/// Tells what happens, until the client goes or does not read.
pub(super) async fn stream(State(site): State<Site>, headers: HeaderMap) -> Response {
    let Some(counted) = Counted::new() else {
        let detail = format!("{STREAMS_MAX} streams are open already");
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let Listening { missed, receiver } = site.board.events().listen(last);
    let client = Client {
        resets: missed.is_none(),
        waiting: missed.unwrap_or_default().into(),
        receiver,
        site,
        _counted: counted,
    };
    let events = stream::unfold(client, |mut client| async {
        let event = client.next().await?;
        Some((Ok::<_, Infallible>(event), client))
    });
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE_EVERY));
    // Proxies that gather what comes before they pass it on would make it late.
    (
        [("x-accel-buffering", "no"), ("cache-control", "no-store")],
        events,
    )
        .into_response()
}

impl Client {
    async fn next(&mut self) -> Option<sse::Event> {
        if std::mem::take(&mut self.resets) {
            return Some(sse::Event::default().event("reset").data("{}"));
        }
        if let Some(event) = self.waiting.pop_front() {
            return Some(self.event(&event));
        }
        match self.receiver.recv().await {
            Ok(event) => Some(self.event(&event)),
            // It did not read: it is let go, and may come back with what it has read last.
            Err(RecvError::Lagged(_) | RecvError::Closed) => None,
        }
    }

    fn event(&self, event: &Event) -> sse::Event {
        sse::Event::default()
            .id(self.site.board.events().id(event.number))
            .event(event.name)
            .data(&event.data)
    }
}
