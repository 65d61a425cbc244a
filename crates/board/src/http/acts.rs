//! What people do with alerts, and the audit.

use super::Site;
use super::answer::one;
use super::api::apart;
use super::gate::Who;
use super::problem::Problem;
use crate::board::Board;
use crate::kept::{ActKey, Written};
use crate::views::{ActKind, AlertDetail, Asked, Standing};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// So long an act is waited for until it is read back.
const READ_BACK_WITHIN: Duration = Duration::from_secs(5);
/// It is looked for this often.
const LOOKED_FOR_EVERY: Duration = Duration::from_millis(20);
/// Characters of a name.
const NAME_CHARACTERS_MAX: usize = 100;

/// Where acts are written, so that all boards read them in one order.
pub trait Ledger: Send + Sync {
    /// Writes a record, and returns when it is written.
    ///
    /// # Errors
    /// Why it could not be written, in words for whoever runs the service.
    fn write(&self, key: &str, value: &[u8]) -> Result<(), String>;

    /// Writes a record that may be lost: somebody looked.
    fn note(&self, key: &str, value: &[u8]);
}

/// A ledger of one process: what is written is read at once, and gone when the process ends.
#[derive(Clone, Debug)]
pub struct Memory(pub Board);

impl Ledger for Memory {
    fn write(&self, key: &str, value: &[u8]) -> Result<(), String> {
        self.0.take_act(key.as_bytes(), Some(value));
        Ok(())
    }

    fn note(&self, _: &str, _: &[u8]) {}
}

/// Something that no other act of any board has.
fn nonce() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.unwrap_or_default().as_nanos();
    let own = std::ptr::from_ref(&COUNT) as u64;
    let text = format!("{now}/{count}/{}", std::process::id());
    format!("{:016x}", xxh3_64_with_seed(text.as_bytes(), own))
}

/// Notes in the audit that somebody looked at a customer's story: a line of the log, and a record.
pub(super) fn looked(site: &Site, who: &Who, what: &'static str, id: &str) {
    tracing::info!(target: "audit", by = who.name, what, id, "looked");
    let at = site.board.now();
    let said = json!({ "looked_at": what, "id": id, "by": who.name, "at": at.0 });
    site.ledger.note(
        &format!("looked/{what}/{id}/{}", nonce()),
        said.to_string().as_bytes(),
    );
}

/// Does something with an alert.
pub(super) async fn act(
    State(site): State<Site>,
    Extension(who): Extension<Who>,
    Path(alert_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let asked: Asked = serde_json::from_slice(&body)
        .map_err(|error| Problem::wrong(format!("the body: {error}")))?;
    let detail = site.act(&who, &alert_id, &asked).await?;
    Ok(one(&detail, &headers))
}

impl Site {
    /// Does something with an alert, and returns how it stands then.
    ///
    /// # Errors
    /// What is asked for is not allowed, somebody was first, or it could not be written.
    pub async fn act(
        &self,
        who: &Who,
        alert_id: &str,
        asked: &Asked,
    ) -> Result<AlertDetail, Problem> {
        let assignee = assignee(asked)?;
        if self.board.alert_kind(alert_id).is_none() {
            return Err(Problem::not_found("alert"));
        }
        let key = may_follow(&self.board, alert_id, asked)?;
        let written = Written {
            kind: asked.kind,
            by: who.name.clone(),
            at: self.board.now().0,
            assignee,
        };
        let value = serde_json::to_vec(&written).unwrap_or_default();
        let (ledger, name) = (self.ledger.clone(), key.text());
        apart(move || {
            let unavailable = |why| {
                tracing::error!(why, "an act could not be written");
                let detail = "it could not be written; nothing was changed, try again";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
            };
            ledger.write(&name, &value).map_err(unavailable)
        })
        .await?;
        read_back(&self.board, &key).await?;
        tracing::info!(target: "audit", by = who.name, what = ?asked.kind, id = alert_id, "acted");
        let (board, alert_id) = (self.board.clone(), alert_id.to_owned());
        apart(move || {
            let detail = board.alert(&alert_id);
            detail.ok_or_else(|| Problem::not_found("alert"))
        })
        .await
    }

    /// Notes in the audit that somebody looked at an alert's story.
    pub fn looked(&self, who: &Who, alert_id: &str) {
        looked(self, who, "alert", alert_id);
    }
}

fn assignee(asked: &Asked) -> Result<Option<String>, Problem> {
    let name = asked
        .assignee
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    match (asked.kind, name) {
        (ActKind::Assign, None) => {
            Err(Problem::wrong("assignee: missing; `assign` needs somebody"))
        }
        (ActKind::Assign, Some(name)) => {
            let fits =
                name.chars().count() <= NAME_CHARACTERS_MAX && !name.chars().any(char::is_control);
            let name = fits.then(|| name.to_owned());
            name.map(Some).ok_or_else(|| {
                Problem::wrong("assignee: allowed: 1 to 100 characters, no control characters")
            })
        }
        (ActKind::Acknowledge | ActKind::Close | ActKind::Reopen, _) => Ok(None),
    }
}

/// The key of the act that follows what stands, if what stands is what was seen.
fn may_follow(board: &Board, alert_id: &str, asked: &Asked) -> Result<ActKey, Problem> {
    let acts = board.acts(alert_id);
    let last = acts.last();
    let revision = last.map_or(0, |act| act.revision);
    if revision != asked.revision {
        return Err(conflict(board, alert_id));
    }
    let is_closed = board.standing(alert_id) == Standing::Closed;
    if is_closed != (asked.kind == ActKind::Reopen) && (is_closed || asked.kind == ActKind::Reopen)
    {
        let detail = if is_closed {
            "it is closed; reopen it first"
        } else {
            "it is not closed"
        };
        return Err(Problem {
            stands: last.cloned().map(Box::new),
            ..Problem::new(StatusCode::CONFLICT, detail)
        });
    }
    Ok(ActKey {
        alert_id: alert_id.to_owned(),
        revision: revision + 1,
        nonce: nonce(),
    })
}

fn conflict(board: &Board, alert_id: &str) -> Problem {
    Problem {
        stands: board.acts(alert_id).last().cloned().map(Box::new),
        ..Problem::new(StatusCode::CONFLICT, "somebody was first; see what stands")
    }
}

/// Waits until the act is read back in the order of the log: only then is it known who was first.
async fn read_back(board: &Board, key: &ActKey) -> Result<(), Problem> {
    let until = Instant::now() + READ_BACK_WITHIN;
    loop {
        match board.holds(key) {
            Some(true) => return Ok(()),
            Some(false) => return Err(conflict(board, &key.alert_id)),
            None if Instant::now() > until => {
                let detail = "it was written, but not read back in time; look again";
                return Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, detail));
            }
            None => tokio::time::sleep(LOOKED_FOR_EVERY).await,
        }
    }
}
