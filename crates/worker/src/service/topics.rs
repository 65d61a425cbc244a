//! The topics of an application, and who reads and writes which.

use crate::service::port::{Port, PortError, TopicPartition};
use model::Text;
use xxhash_rust::xxh3::xxh3_64;

/// The stages that run as a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StageName {
    /// Lets records in.
    Door,
    /// Makes contacts out of events.
    Contacts,
    /// Finds whose a handle is.
    Handles,
    /// Says what a customer's chain means.
    Customers,
}

impl StageName {
    /// All of them, in the order in which records go through them.
    pub const ALL: [StageName; 4] = [
        StageName::Door,
        StageName::Contacts,
        StageName::Handles,
        StageName::Customers,
    ];

    /// Its word, as typed on the command line and in the names of its group and changelog.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            StageName::Door => "door",
            StageName::Contacts => "contacts",
            StageName::Handles => "handles",
            StageName::Customers => "customers",
        }
    }

    /// The topic of ours that it reads, without the application's prefix; the door reads the sources.
    #[must_use]
    pub fn input(self) -> Option<&'static str> {
        match self {
            StageName::Door => None,
            StageName::Contacts => Some(BY_CONTACT),
            StageName::Handles => Some(BY_HANDLE),
            StageName::Customers => Some(BY_CUSTOMER),
        }
    }

    /// Where its states and positions are kept, without the application's prefix.
    #[must_use]
    pub fn changelog(self) -> &'static str {
        match self {
            StageName::Door => "changelog.door",
            StageName::Contacts => "changelog.contacts",
            StageName::Handles => "changelog.handles",
            StageName::Customers => "changelog.customers",
        }
    }

    /// The topics of ours that hear its clock, without the application's prefix.
    #[must_use]
    pub fn next(self) -> &'static [&'static str] {
        match self {
            StageName::Door => &[BY_CONTACT],
            StageName::Contacts => &[BY_HANDLE, BY_CUSTOMER],
            StageName::Handles => &[BY_CUSTOMER],
            StageName::Customers => &[],
        }
    }
}

/// Before the contacts stage, by the contact's key.
pub const BY_CONTACT: &str = "by_contact";
/// Before the handles stage, by handle.
pub const BY_HANDLE: &str = "by_handle";
/// Before the customers stage, by the customer's key.
pub const BY_CUSTOMER: &str = "by_customer";
/// Where erasures are asked for and confirmed: one partition, which a task of the door reads.
pub const ERASURES: &str = "erasures";
/// The output tables that have a topic.
pub const TABLES: [&str; 9] = [
    "contacts",
    "verdicts",
    "sessions",
    "alerts",
    "journeys",
    "figures",
    "samples",
    "markers",
    "dead_letters",
];

/// A topic that is written to.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    /// Its name without the application's prefix.
    pub(crate) table: &'static str,
    name: Text,
    partitions: u32,
}

impl Topic {
    /// Asks how many partitions a topic has.
    pub(crate) fn open(
        application_id: &str,
        table: &'static str,
        port: &mut impl Port,
    ) -> Result<Topic, PortError> {
        let name = topic_name(application_id, table);
        let partitions = port.partitions(&name)?;
        Ok(Topic {
            table,
            name,
            partitions,
        })
    }

    /// The partition of a key.
    pub(crate) fn of(&self, key: &str) -> TopicPartition {
        self.partition(partition_of(key, self.partitions))
    }

    /// A partition by its number.
    pub(crate) fn partition(&self, partition: u32) -> TopicPartition {
        TopicPartition {
            topic: self.name.clone(),
            partition,
        }
    }

    /// All partitions.
    pub(crate) fn all(&self) -> impl Iterator<Item = TopicPartition> + '_ {
        (0..self.partitions).map(|partition| self.partition(partition))
    }

    /// Number of partitions.
    pub(crate) fn partitions(&self) -> u32 {
        self.partitions
    }
}

/// The full name of a topic of ours.
#[must_use]
pub fn topic_name(application_id: &str, table: &str) -> Text {
    format!("{application_id}.{table}").into()
}

/// The partition that a key is written to, of so many.
#[must_use]
pub fn partition_of(key: &str, partitions: u32) -> u32 {
    (xxh3_64(key.as_bytes()) % u64::from(partitions)) as u32
}
