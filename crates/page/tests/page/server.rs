//! A real server of the pages over views that a test holds and changes.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::IntoResponse;
use axum::routing::get;
use board::http::{Gate, Who, guarded};
use board::views::{Act, ActKind, AlertDetail, AlertItem, Asked, At, Filter, Standing, View};
use page::router::Refused;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};

/// What the pages are made of, as a test has it.
pub struct Held {
    pub view: Mutex<View>,
    changes: watch::Sender<u64>,
    /// How many looks at a story were noted.
    pub looks: Mutex<u32>,
}

impl Held {
    pub fn new(view: View) -> Arc<Held> {
        Arc::new(Held {
            view: Mutex::new(view),
            changes: watch::Sender::new(0),
            looks: Mutex::new(0),
        })
    }

    /// Changes the view and tells whoever listens.
    pub fn change(&self, change: impl FnOnce(&mut View)) {
        let mut view = self.view.lock().expect("no test panicked in it");
        change(&mut view);
        view.freshness.version += 1;
        self.changes.send_modify(|version| *version += 1);
    }
}

/// Held views as a source.
#[derive(Clone)]
pub struct Holds(Arc<Held>);

impl page::Source for Holds {
    fn view(&self, filter: &Filter) -> Option<Arc<View>> {
        let mut view = self.0.view.lock().expect("no test panicked in it").clone();
        if filter
            .reading
            .as_ref()
            .is_some_and(|reading| !view.choices.readings.contains(reading))
        {
            return None;
        }
        view.filter = filter.clone();
        view.causes.by = filter.by;
        if let Some(reason) = &filter.reason {
            view.causes
                .rows
                .retain(|row| row.name.starts_with(reason.as_str()));
        }
        Some(Arc::new(view))
    }

    fn looked(&self, _: &Who, _: &str) {
        *self.0.looks.lock().expect("no test panicked in it") += 1;
    }

    fn alert(&self, alert_id: &str) -> Option<AlertDetail> {
        let view = self.0.view.lock().expect("no test panicked in it");
        let alert = view
            .people
            .rows
            .iter()
            .find(|alert| alert.alert_id == alert_id)?;
        Some(crate::day::detail(alert.clone()))
    }

    async fn act(&self, _: &Who, alert_id: &str, asked: &Asked) -> Result<(), Refused> {
        let mut done = Err(Refused::Gone);
        self.0.change(|view| {
            let found = view
                .people
                .rows
                .iter_mut()
                .find(|alert| alert.alert_id == alert_id);
            done = found
                .ok_or(Refused::Gone)
                .and_then(|alert| apply(alert, asked));
        });
        done
    }
}

fn apply(alert: &mut AlertItem, asked: &Asked) -> Result<(), Refused> {
    let revision = alert.act.as_ref().map_or(0, |act| act.revision);
    if revision != asked.revision {
        return Err(Refused::Conflict);
    }
    alert.standing = match asked.kind {
        ActKind::Acknowledge => Standing::Acknowledged,
        ActKind::Assign => Standing::Assigned,
        ActKind::Close => Standing::Closed,
        ActKind::Reopen => Standing::Open,
    };
    alert.act = Some(Act {
        kind: asked.kind,
        by: "supervisor-1".to_owned(),
        at: At(crate::day::NOW),
        assignee: asked.assignee.clone(),
        revision: revision + 1,
    });
    Ok(())
}

/// A server on a port of its own.
pub struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(held: &Arc<Held>, address: &str) -> Server {
        Server::of(
            guarded(
                page::router(Holds(Arc::clone(held))).merge(stream(held)),
                Gate::default(),
            ),
            address,
        )
    }

    /// Of any router.
    pub fn of(router: Router, address: &str) -> Server {
        let listener = TcpListener::bind(address).expect("the port is free");
        listener.set_nonblocking(true).expect("this machine can");
        let address = listener.local_addr().expect("this machine can");
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("this machine can");
            runtime.block_on(async move {
                let listener =
                    tokio::net::TcpListener::from_std(listener).expect("this machine can");
                tokio::select! {
                    served = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()) => served.expect("this machine can"),
                    _ = stopped => {}
                }
            });
        });
        Server {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Tells of each change, as the board's stream does.
fn stream(held: &Arc<Held>) -> Router {
    let changes = held.changes.subscribe();
    let answer = move || {
        let mut changes = changes.clone();
        async move {
            let (sender, body) = channel_body();
            tokio::spawn(async move {
                loop {
                    let version = *changes.borrow_and_update();
                    let event = format!("event: changed\ndata: {{\"version\":{version}}}\n\n");
                    if sender.send(event).await.is_err() || changes.changed().await.is_err() {
                        return;
                    }
                }
            });
            (
                [
                    ("content-type", "text/event-stream"),
                    ("cache-control", "no-store"),
                ],
                body,
            )
                .into_response()
        }
    };
    Router::new().route("/api/v1/stream", get(answer))
}

fn channel_body() -> (tokio::sync::mpsc::Sender<String>, Body) {
    let (sender, receiver) = tokio::sync::mpsc::channel::<String>(16);
    let stream = futures_util::stream::unfold(receiver, async |mut receiver| {
        let event = receiver.recv().await?;
        Some((
            Ok::<Bytes, std::convert::Infallible>(Bytes::from(event)),
            receiver,
        ))
    });
    (sender, Body::from_stream(stream))
}
