//! One record through the door.

use crate::clocks::Clocks;
use crate::codes::{set, strip_url};
use crate::identify::{Identify, Seen, identity};
use crate::numbers::Numbers;
use crate::output::{Output, Place, SignalRoute};
use crate::second::SecondHash;
use crate::settings::{Pseudonymise, Settings};
use crate::tables::Compiled;
use canonical::Decoded;
use model::{
    Channel, Direction, Event, Field, Identifier, IgnoredWhy, Kind, Millis, RejectedReason, Signal,
    SignalName, Text, Value, Version, event_hash, signal_hash,
};
use thiserror::Error;

/// 1990-01-01T00:00:00Z: no contact centre's clock was right before.
pub const EARLIEST: Millis = Millis(631_152_000_000);
/// Fewest bytes of a secret.
pub const SECRET_BYTES_MIN: usize = 32;

/// Settings that the door cannot work with.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DoorError {
    /// The country is no ISO 3166 code.
    #[error("country: found {0}, expected an ISO 3166 alpha-2 code such as FR")]
    Country(Text),
    /// The secret is too short to hide anything.
    #[error("secret: found {0} bytes, expected at least {SECRET_BYTES_MIN}")]
    Secret(usize),
}

/// The door of a tenant.
pub struct Door {
    pub(crate) settings: Settings,
    identify: Identify,
    second_hash: SecondHash,
    pub(crate) tables: Compiled,
}

/// Why a record goes no further.
struct Refused(Output);

impl Refused {
    fn rejected(reason: RejectedReason, detail: impl Into<String>) -> Refused {
        Refused(Output::Rejected {
            reason,
            detail: detail.into(),
        })
    }
}

/// What of a record decides whether it is let in.
struct Head<'a> {
    source: &'a str,
    occurred_at: Millis,
    /// Its other times, by their names.
    times: [(&'static str, Option<Millis>); 4],
}

impl Door {
    /// The door of a tenant.
    ///
    /// # Errors
    ///
    /// The country is unknown, or the secret shorter than 32 bytes.
    pub fn new(settings: Settings) -> Result<Door, DoorError> {
        let country = match &settings.country {
            None => None,
            Some(country) => Some(
                country
                    .parse()
                    .map_err(|_| DoorError::Country(country.clone()))?,
            ),
        };
        if let Pseudonymise::Keyed(secret) = &settings.pseudonymise
            && secret.key.len() < SECRET_BYTES_MIN
        {
            return Err(DoorError::Secret(secret.key.len()));
        }
        let identify = Identify::new(&settings, Numbers::new(country));
        let tables = Compiled::new(&settings.tables);
        let second_hash = SecondHash::of_settings(&settings.pseudonymise);
        Ok(Door {
            settings,
            identify,
            second_hash,
            tables,
        })
    }

    /// What the door works by.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is remembered of something that was forgotten.
    #[must_use]
    pub fn second_hash(&self) -> &SecondHash {
        &self.second_hash
    }

    /// Lets a decoded record in, or says why not.
    pub fn admit(&self, decoded: Decoded, place: &Place<'_>, clocks: &mut Clocks) -> Output {
        let admitted = match decoded {
            Decoded::Event(event) => self.event(event, place, clocks),
            Decoded::Signal(signal) => self.signal(signal, place, clocks),
            Decoded::Ignored { why } => Ok(Output::Ignored { why }),
            Decoded::Rejected { reason, detail } => Ok(Output::Rejected { reason, detail }),
        };
        admitted.unwrap_or_else(|Refused(output)| output)
    }

    /// An identifier as it leaves the door: normalised and hashed; `None` if it means nobody or the
    /// tenant does not use its type.
    pub fn identifier(&self, raw: &Identifier, clocks: &mut Clocks) -> Option<Identifier> {
        match self.identify.see(raw, &mut clocks.remembered) {
            Seen::Somebody(identifier) => Some(identifier),
            Seen::Nobody | Seen::OfUnknownType => None,
        }
    }

    fn event(
        &self,
        mut event: Box<Event>,
        place: &Place<'_>,
        clocks: &mut Clocks,
    ) -> Result<Output, Refused> {
        self.own(&mut event.tenant, &mut event.source, place)?;
        let is_automatic = event.channel == Channel::Email && self.is_automatic(&event);
        let identity = self.identifiers(&mut event.identifiers, clocks);
        let device = device_of(&event.identifiers, event.channel);
        if event.channel == Channel::Web && event.contact_id.is_empty() && device.is_none() {
            let detail = "contact_id: expected it, or an identifier of type device";
            return Err(Refused::rejected(RejectedReason::MissingField, detail));
        }
        let time = |field| match event.stated(field) {
            Some(Value::Time(at)) => Some(*at),
            _ => None,
        };
        let head = Head {
            source: &event.source,
            occurred_at: event.occurred_at,
            times: [
                ("updated_at", Some(event.updated_at)),
                ("started_at", time(Field::StartedAt)),
                ("ended_at", time(Field::EndedAt)),
                ("due_at", time(Field::DueAt)),
            ],
        };
        self.in_time(&head, place, clocks)?;
        if let Kind::Other(name) = &event.kind {
            clocks.counts.unknown_kind(event.channel, name);
        }
        strip_url(&mut event);
        let version = Version {
            updated_at: event.updated_at,
            rank: self.source(&event.source).rank,
            hash: event_hash(&event),
            identity,
        };
        self.map_codes(&mut event, &mut clocks.counts);
        if is_automatic {
            set(&mut event.fields, Field::Automatic, Value::Bool(true));
        }
        let key = contact_key(
            event.channel,
            &event.source,
            [&event.contact_id, &event.root_contact_id, &event.thread_id],
            device_of(&event.identifiers, event.channel),
        );
        Ok(Output::Event {
            key,
            version,
            event,
        })
    }

    fn signal(
        &self,
        mut signal: Box<Signal>,
        place: &Place<'_>,
        clocks: &mut Clocks,
    ) -> Result<Output, Refused> {
        self.own(&mut signal.tenant, &mut signal.source, place)?;
        let identity = self.identifiers(&mut signal.identifiers, clocks);
        let head = Head {
            source: &signal.source,
            occurred_at: signal.occurred_at,
            times: [
                ("due_at", signal.due_at),
                ("", None),
                ("", None),
                ("", None),
            ],
        };
        self.in_time(&head, place, clocks)?;
        let version = Version {
            updated_at: signal.occurred_at,
            rank: self.source(&signal.source).rank,
            hash: signal_hash(&signal),
            identity,
        };
        Ok(Output::Signal {
            route: self.route(&signal),
            version,
            signal,
        })
    }

    /// Fills in tenant and source, or refuses another tenant's record.
    fn own(&self, tenant: &mut Text, source: &mut Text, place: &Place<'_>) -> Result<(), Refused> {
        if tenant.is_empty() {
            tenant.clone_from(&self.settings.tenant);
        } else if *tenant != self.settings.tenant {
            let detail = format!("tenant: expected {}, found another", self.settings.tenant);
            return Err(Refused::rejected(RejectedReason::OtherTenant, detail));
        }
        if source.is_empty() {
            let default = if place.source.is_empty() {
                &self.settings.source
            } else {
                place.source
            };
            source.push_str(default);
        }
        Ok(())
    }

    fn source(&self, source: &str) -> &crate::SourceSettings {
        self.settings
            .sources
            .get(source)
            .unwrap_or(&self.settings.source_default)
    }

    /// Normalises and hashes what was stated, in place, the first of each type that means somebody.
    fn identifiers(&self, identifiers: &mut Vec<Identifier>, clocks: &mut Clocks) -> u64 {
        let mut kept = 0;
        for place in 0..identifiers.len() {
            match self
                .identify
                .see(&identifiers[place], &mut clocks.remembered)
            {
                Seen::Somebody(seen) => {
                    if !identifiers[..kept]
                        .iter()
                        .any(|known| known.kind == seen.kind)
                    {
                        identifiers[kept] = seen;
                        kept += 1;
                    }
                }
                Seen::Nobody => clocks.counts.identifiers_blocked += 1,
                Seen::OfUnknownType => clocks.counts.unknown_type(&identifiers[place].kind),
            }
        }
        identifiers.truncate(kept);
        identity(identifiers, &mut clocks.buffer)
    }

    /// Checks a record's times, then its clock.
    fn in_time(
        &self,
        head: &Head<'_>,
        place: &Place<'_>,
        clocks: &mut Clocks,
    ) -> Result<(), Refused> {
        let occurred_at = [("occurred_at", Some(head.occurred_at))];
        let early = |(_, at): &&(&str, Option<Millis>)| at.is_some_and(|at| at < EARLIEST);
        if let Some((name, _)) = occurred_at.iter().chain(&head.times).find(early) {
            let detail = format!("{name}: expected a time from 1990-01-01 on");
            return Err(Refused::rejected(RejectedReason::ImpossibleClock, detail));
        }
        let now = place.recorded_at.or(self.settings.run_start);
        let drift_ms = self.settings.future_drift_ms;
        if now.is_some_and(|now| head.occurred_at > now.plus(drift_ms)) {
            let detail = format!(
                "occurred_at: expected at most {drift_ms} ms after the {}",
                if place.recorded_at.is_some() {
                    "record's own time"
                } else {
                    "start of the run"
                }
            );
            return Err(Refused::rejected(RejectedReason::ImpossibleClock, detail));
        }
        if self
            .settings
            .until
            .is_some_and(|until| head.occurred_at > until)
        {
            return Err(Refused(Output::Ignored {
                why: IgnoredWhy::AfterUntil,
            }));
        }
        if place.lateness {
            let clock = clocks.read(head.source, place.partition, head.occurred_at);
            if clock.since(head.occurred_at) > self.source(head.source).acceptance_ms {
                return Err(Refused(Output::TooLate));
            }
        }
        Ok(())
    }

    /// Whether a received mail comes from a sender that the tenant knows to be a machine. Asked
    /// before the address is hashed.
    fn is_automatic(&self, event: &Event) -> bool {
        let is_received = match event.kind {
            Kind::Received | Kind::Other(_) => true,
            Kind::Contact => {
                let direction = event.stated(Field::Direction);
                direction != Some(&Value::Direction(Direction::Outbound))
            }
            _ => false,
        };
        let mut addresses = event
            .identifiers
            .iter()
            .filter(|identifier| identifier.kind == "email");
        is_received && addresses.any(|address| self.tables.is_automatic_sender(&address.value))
    }

    /// Whom a signal is for.
    fn route(&self, signal: &Signal) -> SignalRoute {
        let of_types = |types: &[Text]| -> Vec<Text> {
            let of_type = |kind: &Text| {
                signal
                    .identifiers
                    .iter()
                    .find(|known| known.kind == *kind)
                    .map(Identifier::text)
            };
            types.iter().filter_map(of_type).collect()
        };
        let unique = || of_types(&self.settings.unique);
        let handles = || {
            let (device, others): (Vec<Text>, Vec<Text>) = self
                .settings
                .handles
                .iter()
                .cloned()
                .partition(|kind| kind == "device");
            of_types(&[others, device].concat())
        };
        match signal.name {
            SignalName::Marker => return SignalRoute::Marker,
            SignalName::Erase if signal.identifiers.is_empty() => return SignalRoute::Nobody,
            SignalName::Erase => return SignalRoute::Everyone,
            SignalName::Linked | SignalName::Unlinked => {
                let handles = handles();
                let ties = !handles.is_empty() && !unique().is_empty();
                return if ties {
                    SignalRoute::Links(handles)
                } else {
                    SignalRoute::Nobody
                };
            }
            _ => {}
        }
        if let Some(channel) = signal.channel.filter(|_| !signal.contact_id.is_empty()) {
            return SignalRoute::Contact(contact_key(
                channel,
                &signal.source,
                [
                    &signal.contact_id,
                    &signal.root_contact_id,
                    &signal.thread_id,
                ],
                device_of(&signal.identifiers, channel),
            ));
        }
        if let Some(customer) = unique().into_iter().next() {
            return SignalRoute::Customer(customer);
        }
        handles()
            .into_iter()
            .next()
            .map_or(SignalRoute::Nobody, SignalRoute::Handle)
    }
}

/// The device of a visit, which names its key.
fn device_of(identifiers: &[Identifier], channel: Channel) -> Option<&Identifier> {
    let mut devices = identifiers
        .iter()
        .filter(|identifier| identifier.kind == "device");
    devices.next().filter(|_| channel == Channel::Web)
}

/// The key under which a contact's events meet: `channel/source/id`, or, for a page event without a
/// visit id, `web//device:VALUE`. Slashes
/// of a source are escaped, so that two keys are never the same text.
fn contact_key(
    channel: Channel,
    source: &str,
    [contact_id, root_contact_id, thread_id]: [&Text; 3],
    device: Option<&Identifier>,
) -> Text {
    let mut key = Text::with_capacity(64);
    key.push_str(channel.name());
    key.push('/');
    if let Some(device) = device.filter(|_| contact_id.is_empty()) {
        key.push_str("/device:");
        key.push_str(&device.value);
        return key;
    }
    if source.bytes().any(|byte| matches!(byte, b'/' | b'%')) {
        key.push_str(&source.replace('%', "%25").replace('/', "%2F"));
    } else {
        key.push_str(source);
    }
    key.push('/');
    let ids: &[&Text] = match channel {
        Channel::Phone | Channel::Chat | Channel::Video => &[root_contact_id, contact_id],
        Channel::Email => &[thread_id, root_contact_id, contact_id],
        Channel::Web => &[contact_id],
    };
    key.push_str(
        ids.iter()
            .find(|id| !id.is_empty())
            .map_or("", |id| id.as_str()),
    );
    key
}
