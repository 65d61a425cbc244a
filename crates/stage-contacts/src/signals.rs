//! Signals that speak of no contact. Each has a key of its own, where a second delivery is known and
//! a correction finds what it corrects; what the newest version says is sent on.

use crate::assemble::bare;
use crate::route::goal_of_signal;
use crate::{Output, Settings, State};
use model::{CustomerInput, HandleInput, Link, Sent, Signal, SignalName, Text, Unsent, Version};

/// Keys of signals begin like this; no channel is named so.
pub const SIGNAL_KEY_PREFIX: &str = "signal/";

/// The key of a signal that speaks of no contact.
#[must_use]
pub fn signal_key(signal: &Signal) -> Text {
    let channel = signal.channel.map_or("", |channel| channel.name());
    // A slash in the source is escaped, so that two keys are never the same text.
    let source = signal.source.replace('%', "%25").replace('/', "%2F");
    format!("{SIGNAL_KEY_PREFIX}{channel}/{source}/{}", signal.event_id).into()
}

pub(crate) fn is_own_key(key: &str) -> bool {
    key.starts_with(SIGNAL_KEY_PREFIX)
}

pub(crate) fn announce(settings: &Settings, key: &str, state: &mut State, out: &mut Vec<Output>) {
    if state.is_erasing {
        // What is left may be older than what was forgotten: it is said anew.
        take_back(key, state, out);
    }
    let Some((version, signal)) = state.signals.iter().max_by_key(|(version, _)| *version) else {
        return;
    };
    let sequence = state.signals.len() as u64;
    if state.version == sequence {
        return;
    }
    state.version = sequence;
    let goal = goal_of_signal(settings, signal);
    let goal = goal.filter(|_| settings.signals.contains(&signal.name));
    let former = std::mem::replace(&mut state.signal_goal, goal.clone());
    if let Some(former) = former.filter(|former| goal.as_ref() != Some(former)) {
        send_void(key, former, state.signal_sequence, false, out);
    }
    if let Some((is_handle, whom)) = goal {
        state.signal_sequence += 1;
        let sent = Box::new(Sent {
            sequence: state.signal_sequence,
            told: bare(*version, signal),
            is_copy: false,
        });
        out.push(match is_handle {
            true => Output::Handle(whom, HandleInput::Signal(key.into(), sent)),
            false => Output::Customer(whom, CustomerInput::Signal(key.into(), sent)),
        });
    }
    match signal.name {
        SignalName::Linked | SignalName::Unlinked => {
            state.linked_handles = link(settings, *version, signal, &state.linked_handles, out);
        }
        SignalName::Marker => out.push(Output::Marker(Box::new(signal.clone()))),
        SignalName::Notified
        | SignalName::Delivered
        | SignalName::Bounced
        | SignalName::Promised
        | SignalName::Csat
        | SignalName::Nps
        | SignalName::Ces
        | SignalName::Ordered
        | SignalName::Churned
        | SignalName::Compensated
        | SignalName::Erase => {}
    }
}

fn send_void(
    key: &str,
    (is_handle, whom): (bool, Text),
    sequence: u64,
    is_erased: bool,
    out: &mut Vec<Output>,
) {
    let unsent = Unsent {
        sequence,
        is_erased,
    };
    out.push(match is_handle {
        true => Output::Handle(whom, HandleInput::SignalVoid(key.into(), unsent)),
        false => Output::Customer(whom, CustomerInput::SignalVoid(key.into(), unsent)),
    });
}

/// The source in the key of a signal.
fn source_of(key: &str) -> Text {
    let mut parts = key.split('/').skip(2);
    let source = parts.next().unwrap_or_default();
    source.replace("%2F", "/").replace("%25", "%").into()
}

/// Takes back whatever was said of links under the key.
fn take_back(key: &str, state: &mut State, out: &mut Vec<Output>) {
    let event = (source_of(key), Text::from(key));
    if let Some(goal) = state.signal_goal.take() {
        send_void(key, goal, state.signal_sequence, true, out);
    }
    for handle in std::mem::take(&mut state.linked_handles) {
        let void = HandleInput::LinkVoid {
            event: event.clone(),
            version: Version {
                updated_at: model::Millis::MAX,
                rank: i32::MAX,
                hash: u64::MAX,
                identity: u64::MAX,
            },
        };
        out.push(Output::Handle(handle, void));
    }
}

/// Ties or unties every unique id and every handle that the signal names.
fn link(
    settings: &Settings,
    version: Version,
    signal: &Signal,
    told: &[Text],
    out: &mut Vec<Output>,
) -> Vec<Text> {
    let event = (signal.source.clone(), signal_key(signal));
    for handle in told {
        let void = HandleInput::LinkVoid {
            event: event.clone(),
            version,
        };
        out.push(Output::Handle(handle.clone(), void));
    }
    let of_kinds = |kinds: &[Text]| -> Vec<Text> {
        let named = signal
            .identifiers
            .iter()
            .filter(|named| kinds.contains(&named.kind));
        named.map(model::Identifier::text).collect()
    };
    let handles = of_kinds(&settings.handles);
    for owner in of_kinds(&settings.unique) {
        for handle in &handles {
            let link = Link {
                event: event.clone(),
                version,
                owner: owner.clone(),
                at: signal.occurred_at,
                linked: signal.name == SignalName::Linked,
            };
            out.push(Output::Handle(handle.clone(), HandleInput::Link(link)));
        }
    }
    handles
}
