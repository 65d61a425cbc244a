//! What the customers stage sends.

use figures::Difference;
use model::{Alert, AlertStatus, Class, ContactName, ContactResult, Journey, Session, Text};
use serde::{Deserialize, Serialize};

/// What the customers stage sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A contact with all its readings, for the first time or changed.
    Contact(Box<ContactResult>, Changed),
    /// The contact is no longer this customer's.
    ContactGone {
        /// The customer's key.
        key: Text,
        /// The contact.
        name: ContactName,
        /// What counted of it.
        former: Counted,
    },
    /// A session of the headline reading, for the first time or changed.
    Session(Box<Session>),
    /// There is no such session any more.
    SessionGone {
        /// The customer's key.
        key: Text,
        /// First contact of the session.
        first: ContactName,
    },
    /// An alert, raised, revised or withdrawn, and the status in which it was told before.
    Alert(Box<Alert>, Option<AlertStatus>),
    /// An alert of which nothing is to be left, and the status in which it was told.
    AlertGone {
        /// The customer's key.
        key: Text,
        /// The alert.
        alert: Box<Alert>,
    },
    /// A broken journey, raised, revised or withdrawn, and the status in which it was told before: a
    /// row of table `journeys`, and an alert.
    Journey(Box<Journey>, Option<AlertStatus>),
    /// A journey of which nothing is to be left, and the status in which it was told.
    JourneyGone {
        /// The customer's key.
        key: Text,
        /// The journey.
        journey: Box<Journey>,
    },
    /// What changes in the figures.
    Counted(Box<Difference>),
    /// The cap cut contacts off; the number that are cut off now.
    Cut {
        /// The customer's key.
        key: Text,
        /// How many, in order of [`model::Channel::ALL`].
        contacts: [u64; 5],
        /// How many there were before.
        former: [u64; 5],
    },
}

/// What of a contact is said for the first time or has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The contact itself: its revision rose.
    pub contact: bool,
    /// Its readings: the revision of one of them rose.
    pub readings: bool,
    /// Places of the readings in which a verdict changed that was final.
    pub revised: Vec<u16>,
    /// What counted of it before; `None` if it is told for the first time.
    pub former: Option<Counted>,
}

/// What counts of a contact as it was told: enough to take it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Its customer is known.
    pub is_known: bool,
    /// Path of its reason; empty if unknown.
    pub reason: Text,
    /// Places of the readings in which it is a repeat or a retry.
    pub classes: Vec<(u16, Class)>,
}

impl Counted {
    /// What counts of a contact.
    #[must_use]
    pub fn of(contact: &ContactResult) -> Counted {
        let reason = contact.contact.reason.as_ref();
        let readings = contact.readings.iter();
        Counted {
            is_known: !contact.customer.is_empty(),
            reason: reason.map_or(Text::default(), |reason| reason.path.clone()),
            classes: readings
                .filter_map(|result| Some((result.reading, result.class?)))
                .collect(),
        }
    }
}
