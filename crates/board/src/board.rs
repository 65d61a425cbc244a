//! The board of a process: what is kept, seen by many at once.

use crate::events::Events;
use crate::kept::{ActKey, Capacity, Kept, Mistake, Table, Written};
use crate::look::{AlertQuery, Look, NoSuchReading};
use crate::settings::Settings;
use crate::views::{
    Act, AlertDetail, AlertItem, AlertKind, At, Day, FigureItem, Filter, Freshness, SessionItem,
    State, StoryContact, View,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Views that are remembered: each combination of filters is computed once for all who look.
const VIEWS_MAX: usize = 64;
/// A view is made anew after this even if nothing was taken: its clock moves on.
const VIEW_HOLDS: Duration = Duration::from_secs(5);
/// While there is much to take, a view holds this long.
const VIEW_HOLDS_MIN: Duration = Duration::from_millis(500);
/// Who looks is told at most this often that something has changed.
const CHANGED_EVERY: Duration = Duration::from_millis(500);

/// What time it is.
#[derive(Clone, Debug)]
pub enum Clock {
    /// As the machine says.
    Real,
    /// As somebody sets it, in milliseconds since 1970: the time of a generated day.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// Now.
    #[must_use]
    pub fn now(&self) -> At {
        match self {
            Clock::Real => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                let ms = since.map_or(0, |since| since.as_millis());
                At(i64::try_from(ms).unwrap_or(i64::MAX))
            }
            Clock::Set(at) => At(at.load(Ordering::Relaxed)),
        }
    }
}

/// A record of an output topic, as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The table.
    pub table: Table,
    /// The record's key.
    pub key: &'a [u8],
    /// Its value; `None`: a tombstone.
    pub value: Option<&'a [u8]>,
    /// When it was written.
    pub told_at: At,
}

/// The board of a process. Clones are the same board.
#[derive(Clone, Debug)]
pub struct Board(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    kept: RwLock<Kept>,
    clock: Clock,
    standing: Mutex<Standing>,
    views: Mutex<HashMap<Filter, Remembered>>,
    pub(crate) events: Events,
}

/// How fresh the board is.
#[derive(Debug)]
struct Standing {
    state: State,
    read_at: Option<At>,
    changed_at: Option<Instant>,
    has_changed: bool,
}

#[derive(Clone, Debug)]
struct Remembered {
    version: u64,
    made_at: Instant,
    view: Arc<View>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Board {
    /// A board that has read nothing yet, and waits for topics.
    #[must_use]
    pub fn new(settings: Settings, capacity: Capacity, clock: Clock) -> Board {
        let standing = Standing {
            state: State::Waiting {
                topics: Vec::new(),
                why: "starting".to_owned(),
                since: clock.now(),
            },
            read_at: None,
            changed_at: None,
            has_changed: false,
        };
        Board(Arc::new(Shared {
            kept: RwLock::new(Kept::new(settings, capacity)),
            events: Events::new(clock.now()),
            clock,
            standing: Mutex::new(standing),
            views: Mutex::default(),
        }))
    }

    /// What time it is on this board.
    #[must_use]
    pub fn now(&self) -> At {
        self.0.clock.now()
    }

    pub(crate) fn events(&self) -> &Events {
        &self.0.events
    }

    pub(crate) fn kept(&self) -> RwLockReadGuard<'_, Kept> {
        self.0.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept_mut(&self) -> RwLockWriteGuard<'_, Kept> {
        self.0.kept.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes records, and says how many of them could not be read. New alerts are told to who looks,
    /// unless the board is still catching up.
    pub fn take<'a>(
        &self,
        records: impl IntoIterator<Item = Record<'a>>,
    ) -> (u64, Option<Mistake>) {
        let is_live = matches!(lock(&self.0.standing).state, State::Ok);
        let (mut unreadable, mut first) = (0, None);
        let mut told = Vec::new();
        let mut taken = false;
        {
            let mut kept = self.kept_mut();
            for record in records {
                taken = true;
                let said = kept.take_json(record.table, record.key, record.value, record.told_at);
                match said {
                    Ok(()) if is_live && record.table == Table::Alerts => {
                        told.extend(alert_id(record.key));
                    }
                    Ok(()) => {}
                    Err(mistake) => {
                        unreadable += 1;
                        first.get_or_insert(mistake);
                    }
                }
            }
        }
        if taken {
            let now = self.now();
            let mut standing = lock(&self.0.standing);
            standing.read_at = Some(now);
            standing.has_changed = true;
        }
        for alert_id in told {
            if let Some(item) = self.alert(&alert_id).map(|detail| detail.alert) {
                self.0.events.tell("alert", &item);
            }
        }
        self.tick();
        (unreadable, first)
    }

    /// Takes a record of the topic of acts, in the order of the log. What is no act of this release is
    /// left alone, audits among it.
    pub fn take_act(&self, key: &[u8], value: Option<&[u8]>) {
        let key = std::str::from_utf8(key).ok().and_then(ActKey::read);
        let written = value.and_then(|value| serde_json::from_slice::<Written>(value).ok());
        let (Some(key), Some(written)) = (key, written) else {
            return;
        };
        let (holds, last, standing) = {
            let mut kept = self.kept_mut();
            let holds = kept.acts.hear(&key, written);
            kept.version += u64::from(holds);
            let last = kept.acts.of(&key.alert_id).last().cloned();
            (holds, last, kept.acts.standing(&key.alert_id))
        };
        if !holds {
            return;
        }
        lock(&self.0.standing).has_changed = true;
        let said =
            serde_json::json!({ "alert_id": key.alert_id, "standing": standing, "act": last });
        self.0.events.tell("acted", &said);
        self.tick();
    }

    /// Whether an act was read back, and if so, whether it holds.
    pub(crate) fn holds(&self, key: &ActKey) -> Option<bool> {
        self.kept().acts.holds(key)
    }

    /// The acts on an alert, oldest first.
    pub(crate) fn acts(&self, alert_id: &str) -> Vec<Act> {
        self.kept().acts.of(alert_id).to_vec()
    }

    /// Tells who looks that something has changed, if it has, at most twice a second. Whoever feeds the
    /// board calls it also when nothing comes.
    pub fn tick(&self) {
        let mut standing = lock(&self.0.standing);
        let is_time = standing
            .changed_at
            .is_none_or(|at| at.elapsed() >= CHANGED_EVERY);
        if !standing.has_changed || !is_time {
            return;
        }
        standing.has_changed = false;
        standing.changed_at = Some(Instant::now());
        drop(standing);
        self.0.events.tell("changed", &self.freshness());
    }

    /// Says how the board stands.
    pub fn stands(&self, state: State) {
        let mut standing = lock(&self.0.standing);
        let is_other = std::mem::discriminant(&state) != std::mem::discriminant(&standing.state);
        standing.has_changed |= is_other;
        standing.state = state;
        drop(standing);
        if is_other {
            self.0.events.tell("freshness", &self.freshness());
        }
    }

    /// How fresh the board is.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        let (version, data_until) = {
            let kept = self.kept();
            (kept.version, kept.data_until)
        };
        let standing = lock(&self.0.standing);
        let state = match &standing.state {
            State::Ok if data_until.is_none() => State::Empty,
            other => other.clone(),
        };
        Freshness {
            state,
            data_until,
            read_at: standing.read_at,
            version,
        }
    }

    /// Everything that one look shows. The same for all who look through one filter at about the same
    /// time.
    ///
    /// # Errors
    /// The filter's reading is not evaluated.
    pub fn view(&self, filter: &Filter) -> Result<Arc<View>, NoSuchReading> {
        let freshness = self.freshness();
        if let Some(remembered) = lock(&self.0.views).get(filter) {
            let age = remembered.made_at.elapsed();
            let is_same = remembered.version == freshness.version
                && remembered.view.freshness.state == freshness.state;
            if age < VIEW_HOLDS_MIN || is_same && age < VIEW_HOLDS {
                return Ok(Arc::clone(&remembered.view));
            }
        }
        let version = freshness.version;
        let view = {
            let kept = self.kept();
            Arc::new(Look::new(&kept, filter, self.now())?.view(freshness))
        };
        let mut views = lock(&self.0.views);
        if views.len() >= VIEWS_MAX {
            let oldest = views.iter().min_by_key(|(_, one)| one.made_at);
            if let Some(oldest) = oldest.map(|(filter, _)| filter.clone()) {
                views.remove(&oldest);
            }
        }
        let remembered = Remembered {
            version,
            made_at: Instant::now(),
            view: Arc::clone(&view),
        };
        views.insert(filter.clone(), remembered);
        Ok(view)
    }

    /// An alert with its story.
    #[must_use]
    pub fn alert(&self, alert_id: &str) -> Option<AlertDetail> {
        let kept = self.kept();
        let filter = Filter::default();
        let look = Look::new(&kept, &filter, self.now()).ok()?;
        look.alert_detail(alert_id)
    }

    /// Alerts that fit, the newest first: those behind one, at most so many, and whether there are
    /// more.
    pub(crate) fn alerts(
        &self,
        filter: &Filter,
        query: AlertQuery,
        after: Option<(i64, &str)>,
        limit: usize,
    ) -> Result<(Vec<AlertItem>, bool), NoSuchReading> {
        let kept = self.kept();
        let look = Look::new(&kept, filter, self.now())?;
        let alerts = look.alerts(query);
        let mut alerts = alerts.skip_while(|alert| {
            after.is_some_and(|(at, id)| (alert.at, alert.alert_id.as_str()) >= (at, id))
        });
        let page = alerts.by_ref().take(limit);
        let page: Vec<AlertItem> = page.map(|alert| look.alert_item(alert)).collect();
        Ok((page, alerts.next().is_some()))
    }

    /// Rows of figures, tasks added up, in order of date and name: those behind one, at most so many,
    /// and where the next page begins.
    pub(crate) fn figures(
        &self,
        filter: &Filter,
        figure: Option<&str>,
        segment: Option<&str>,
        after: Option<(i32, u128)>,
        limit: usize,
    ) -> (Vec<FigureItem>, Option<(i32, u128)>) {
        let kept = self.kept();
        let span = filter.period.span(crate::look::day_of(&kept, self.now().0));
        let figure = figure.map(|figure| kept.names.find(figure));
        let fits_segment = |text: &str| match segment {
            None => true,
            Some("none") => text.is_empty(),
            Some(key) => text
                .strip_prefix(key)
                .is_some_and(|rest| rest.starts_with('=')),
        };
        let first = after.map_or(span.from, |(day, _)| Day(day).max(span.from));
        let mut list = Vec::new();
        let mut day = first;
        // Date by date: no more than a date's rows is ever sorted.
        while day <= span.to && list.len() <= limit {
            let rows = kept.figures.rows(day, day).filter(|(_, key, _)| {
                figure.is_none_or(|figure| figure == Some(key.figure))
                    && (filter.channel.is_none() || filter.channel == key.channel)
                    && fits_segment(kept.names.text(key.segment))
            });
            let items = rows.map(|(day, key, sum)| kept.figure_item(day, &key, &sum));
            let named = items.map(|item| ((day.0, item.name()), item));
            let mut of_day: Vec<((i32, u128), FigureItem)> = named
                .filter(|(name, _)| after.is_none_or(|after| *name > after))
                .collect();
            of_day.sort_by_key(|(name, _)| *name);
            list.extend(of_day);
            day = Day(day.0 + 1);
        }
        let has_more = list.len() > limit;
        list.truncate(limit);
        let next = list.last().filter(|_| has_more).map(|(name, _)| *name);
        (list.into_iter().map(|(_, item)| item).collect(), next)
    }

    /// Sessions, the newest first, likewise.
    pub(crate) fn sessions(
        &self,
        filter: &Filter,
        after: Option<(i64, u128)>,
        limit: usize,
    ) -> Result<(Vec<SessionItem>, bool), NoSuchReading> {
        let kept = self.kept();
        let look = Look::new(&kept, filter, self.now())?;
        let (from, to) = (look.start_of(look.span.from), look.end_of(look.span.to));
        let before = after.unwrap_or((to, u128::MIN)).min((to, u128::MIN));
        let sessions = kept.sessions.before(before);
        let sessions = sessions.take_while(|(_, one)| one.started_at >= from);
        let mut sessions = sessions.filter(|(_, one)| {
            let on = filter
                .channel
                .is_none_or(|channel| one.channels.contains(&channel));
            let reason = filter.reason.as_deref();
            on && reason.is_none_or(|wanted| {
                let mut reasons = one.reasons.iter();
                reasons.any(|name| crate::look::is_below(kept.names.text(*name), wanted))
            })
        });
        let page = sessions.by_ref().take(limit);
        let page: Vec<SessionItem> = page.map(|(id, one)| look.session_item(id, one)).collect();
        Ok((page, sessions.next().is_some()))
    }

    /// A session with its contacts, by its name in URLs.
    #[must_use]
    pub fn session(&self, name: &str) -> Option<(SessionItem, Vec<StoryContact>)> {
        let id = (name.len() == 32).then(|| u128::from_str_radix(name, 16).ok())??;
        let kept = self.kept();
        let filter = Filter::default();
        let look = Look::new(&kept, &filter, self.now()).ok()?;
        let session = kept.sessions.get(id)?;
        Some((look.session_item(id, session), look.session_story(session)))
    }

    /// What people have made of an alert.
    pub(crate) fn standing(&self, alert_id: &str) -> crate::views::Standing {
        self.kept().acts.standing(alert_id)
    }

    /// The kind of an alert that is kept.
    pub(crate) fn alert_kind(&self, alert_id: &str) -> Option<AlertKind> {
        self.kept().alerts.get(alert_id).map(|alert| alert.kind)
    }
}

/// The id of the alert that a record is about: what is behind the customer's key.
fn alert_id(key: &[u8]) -> Option<String> {
    let key = std::str::from_utf8(key).ok()?;
    key.rsplit_once('/').map(|(_, id)| id.to_owned())
}
