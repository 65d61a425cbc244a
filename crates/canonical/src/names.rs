//! The names of all known fields, in the order in which schemas list them.

macro_rules! field_names {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// A known field of the canonical record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum FieldName { $($(#[$doc])* $name,)+ }

        impl FieldName {
            /// Every field, in the order in which schemas list them.
            pub const ALL: &'static [FieldName] = &[$(FieldName::$name,)+];

            /// The name as written.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(FieldName::$name => $text,)+ }
            }
        }
    };
}

field_names! {
    /// Whose deployment it is for.
    Tenant = "tenant",
    /// The channel.
    Channel = "channel",
    /// The system that speaks.
    Source = "source",
    /// Known by channel, source and this.
    EventId = "event_id",
    /// What happened to a contact.
    Kind = "kind",
    /// What else happened.
    Signal = "signal",
    /// When.
    OccurredAt = "occurred_at",
    /// Version of what is said.
    UpdatedAt = "updated_at",
    /// The leg, the mail, the visit.
    ContactId = "contact_id",
    /// The first leg.
    RootContactId = "root_contact_id",
    /// The mail thread.
    ThreadId = "thread_id",
    /// Other ids of the same contact.
    RelatedContactIds = "related_contact_ids",
    /// Who the customer is.
    Identifiers = "identifiers",
    /// Who moved towards whom.
    Direction = "direction",
    /// What brought it about.
    Initiation = "initiation",
    /// Made by a machine.
    Automatic = "automatic",
    /// What carries the channel.
    Medium = "medium",
    /// Start of the leg.
    StartedAt = "started_at",
    /// The customer left it.
    EndedAt = "ended_at",
    /// What became of it.
    Outcome = "outcome",
    /// Up to the first answer.
    WaitMs = "wait_ms",
    /// In which agents dealt with it.
    HandleMs = "handle_ms",
    /// Path.
    Reason = "reason",
    /// Provenance of reason and code.
    ReasonSource = "reason_source",
    /// The source's own code.
    ReasonCode = "reason_code",
    /// Queue.
    Queue = "queue",
    /// Agent.
    Agent = "agent",
    /// Team.
    Team = "team",
    /// Site.
    Site = "site",
    /// The customer's tier.
    Tier = "tier",
    /// The brand may contact the customer.
    MayContact = "may_contact",
    /// The party, where brands share a platform.
    Party = "party",
    /// Address of the page.
    Url = "url",
    /// Name of the page.
    Page = "page",
    /// Service step.
    Step = "step",
    /// How far it went.
    StepStatus = "step_status",
    /// What the agent did.
    Disposition = "disposition",
    /// Appointment or promised time.
    DueAt = "due_at",
    /// Costs beside the channel's own.
    ExtraCost = "extra_cost",
    /// What a signal is for.
    Purpose = "purpose",
    /// An amount of money.
    Amount = "amount",
    /// A score.
    Score = "score",
    /// The greatest score possible.
    Scale = "scale",
    /// Free attributes.
    Attributes = "attributes",
    /// Avro only: the fields stated as null.
    Cleared = "cleared",
}

/// How many fields there are.
pub(crate) const FIELD_COUNT: usize = FieldName::ALL.len();

const SLOTS: usize = 256;
const NO_FIELD: u8 = u8::MAX;

/// Where a name stands in the table: no two known names share a slot (checked when compiled).
const fn slot(name: &[u8]) -> usize {
    let length = name.len();
    let first = name[0] as usize;
    let middle = name[length / 2] as usize;
    let last = name[length - 1] as usize;
    (first * 61 + middle * 48 + last * 33 + length * 52) % SLOTS
}

static TABLE: [u8; SLOTS] = {
    let mut table = [NO_FIELD; SLOTS];
    let mut index = 0;
    while index < FIELD_COUNT {
        let at = slot(FieldName::ALL[index].name().as_bytes());
        assert!(
            table[at] == NO_FIELD,
            "two names of fields share a slot: choose other factors"
        );
        table[at] = index as u8;
        index += 1;
    }
    table
};

impl FieldName {
    /// The field of this name, if it is a known one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<FieldName> {
        if name.is_empty() {
            return None;
        }
        let field = *FieldName::ALL.get(usize::from(TABLE[slot(name.as_bytes())]))?;
        (field.name() == name).then_some(field)
    }
}
