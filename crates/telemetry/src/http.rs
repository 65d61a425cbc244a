//! The HTTP side for operators: metrics and health, on a thread of its own.
//!
//! | path | answer |
//! |---|---|
//! | `/metrics` | metrics in Prometheus's text format; needs an operator's token where tokens are configured |
//! | `/health/live` | 200 while the process answers at all |
//! | `/health/ready` | 200 if all stages work, else 503; the body says what each is doing |
//! | `/` | where to look |
//!
//! Health never needs a token: an orchestrator has none. It says nothing of any customer.

mod tokens;

use tokens::{Role, Tokens};

use crate::collect::Metrics;
use crate::slots::Slots;
use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::oneshot;

/// How long answers may still take once the server is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// HTTP could not be started.
#[derive(Debug, Error)]
pub enum HttpError {
    /// Nobody can listen there.
    #[error("http.listen {listen}: {}; {hint}", reason(.source), hint = HINT)]
    Listen {
        /// The address as configured.
        listen: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The thread or its runtime cannot be made.
    #[error("http: {0}")]
    Thread(io::Error),
    /// The file of tokens cannot be read.
    #[error("http.token_file {path}: {source}")]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file of tokens is not what it has to be.
    #[error("http.token_file {path}{line}: {what}", line = tokens::at_line(*.line))]
    Tokens {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1; `None`: the file as a whole.
        line: Option<usize>,
        /// What is wrong. Never says a token.
        what: &'static str,
    },
}

const HINT: &str = "another address and port, or \"\" for no HTTP, can be set as http.listen";

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there already".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::PermissionDenied => "not allowed to listen there".to_owned(),
        _ => error.to_string(),
    }
}

/// Answers on a thread of its own. With a file of tokens `/metrics` needs one.
///
/// # Errors
/// The file of tokens cannot be used, nobody can listen there, or there can be no thread.
pub fn serve(
    listen: SocketAddr,
    token_file: Option<&Path>,
    metrics: Metrics,
    slots: &Arc<Slots>,
) -> Result<Server, HttpError> {
    let tokens = token_file.map(Tokens::read).transpose()?;
    Server::start(listen, tokens, metrics, Arc::clone(slots))
}

/// A server that answers until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(
        listen: SocketAddr,
        tokens: Option<Tokens>,
        metrics: Metrics,
        slots: Arc<Slots>,
    ) -> Result<Server, HttpError> {
        let listening = TcpListener::bind(listen).and_then(|listener| {
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        });
        let (listener, address) =
            listening.map_err(|source| HttpError::Listen { listen, source })?;
        let router = router(Shared {
            tokens,
            metrics,
            slots,
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(HttpError::Thread)?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("http".into())
            .spawn(move || runtime.block_on(answer(listener, router, stopped)))
            .map_err(HttpError::Thread)?;
        Ok(Server {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens: the port that was found where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the answers that are under way, for two seconds at most, and stops.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the http thread panicked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

async fn answer(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "http cannot listen");
            return;
        }
    };
    let (begin_end, end_begun) = oneshot::channel::<()>();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        let _ = stopped.await;
        drop(begin_end);
    });
    let serving = tokio::spawn(async move { serving.await });
    // The other end is never sent to, only dropped.
    let _ = end_begun.await;
    if tokio::time::timeout(STOP_WITHIN, serving).await.is_err() {
        tracing::warn!("http answers were cut off");
    }
}

/// What all answers are made from.
struct Shared {
    tokens: Option<Tokens>,
    metrics: Metrics,
    slots: Arc<Slots>,
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(root))
        .route("/metrics", get(metrics))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .fallback(async || refused(StatusCode::NOT_FOUND, "there is no such page; see /"))
        .method_not_allowed_fallback(async || {
            refused(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET and HEAD are answered",
            )
        })
        .with_state(Arc::new(shared))
}

async fn root() -> Response {
    let text = "Ricochet\n\n\
        /metrics       for Prometheus\n\
        /health/live   answers while the process lives\n\
        /health/ready  says what each stage is doing\n";
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

async fn metrics(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Some(tokens) = &shared.tokens {
        match tokens.role(bearer(&headers)) {
            Some(Role::Operator) => {}
            Some(Role::Supervisor) => {
                return refused(StatusCode::FORBIDDEN, "metrics are for operators");
            }
            None => {
                let challenge = [(WWW_AUTHENTICATE, "Bearer realm=\"ricochet\"")];
                let answer = refused(StatusCode::UNAUTHORIZED, "a bearer token is needed");
                return (challenge, answer).into_response();
            }
        }
    }
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, content_type)], shared.metrics.text()).into_response()
}

fn bearer(headers: &HeaderMap) -> &str {
    let value = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let parts = value.and_then(|value| value.split_once(' '));
    let token = parts.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token.map_or("", |(_, token)| token.trim())
}

async fn live() -> Response {
    json(StatusCode::OK, "{\"live\":true}".to_owned())
}

async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let readiness = shared.slots.readiness();
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    json(status, readiness.json())
}

fn refused(status: StatusCode, why: &str) -> Response {
    json(status, serde_json::json!({ "error": why }).to_string())
}

fn json(status: StatusCode, body: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body).into_response()
}
