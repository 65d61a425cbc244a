//! The table of roles: what counts as a prior, as a follower, as an origin, and why not.

use model::{Channel, Contact, Direction, Initiation, Outcome, PriorRole, Roles};

/// A configured row; a key left out matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleRow {
    /// Matches this channel.
    pub channel: Option<Channel>,
    /// Matches this outcome; never an unknown one.
    pub outcome: Option<Outcome>,
    /// Matches this initiation.
    pub initiation: Option<Initiation>,
    /// Matches this direction.
    pub direction: Option<Direction>,
    /// How it counts as a prior.
    pub prior: Option<PriorRole>,
    /// Whether it counts as a follower.
    pub follower: bool,
    /// Whether it counts as an origin.
    pub origin: bool,
}

/// The configured rows, which stand before the built-in ones. The first that matches wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleTable {
    /// The configured rows.
    pub rows: Vec<RoleRow>,
}

impl RoleTable {
    /// What a contact counts as, by the table alone.
    #[must_use]
    pub fn roles(&self, contact: &Contact) -> Roles {
        match self.rows.iter().find(|row| row.matches(contact)) {
            Some(row) => row.roles(),
            None => built_in(contact),
        }
    }
}

impl RoleRow {
    fn matches(&self, contact: &Contact) -> bool {
        self.channel
            .is_none_or(|channel| channel == contact.channel)
            && self
                .outcome
                .is_none_or(|outcome| Some(outcome) == contact.outcome)
            && self
                .initiation
                .is_none_or(|initiation| initiation == contact.initiation)
            && self
                .direction
                .is_none_or(|direction| direction == contact.direction)
    }

    fn roles(&self) -> Roles {
        let counts = self.prior.is_some() || self.follower || self.origin;
        Roles {
            prior: self.prior,
            follower: self.follower,
            origin: self.origin,
            not_counted_because: if counts { "" } else { "role_table" }.into(),
        }
    }
}

/// The built-in table. While a contact's outcome is unknown it is presumed to be answered.
fn built_in(contact: &Contact) -> Roles {
    let counts = |prior, follower, origin| Roles {
        prior: Some(prior),
        follower,
        origin,
        not_counted_because: "".into(),
    };
    let does_not = |because: &str| Roles {
        not_counted_because: because.into(),
        ..Roles::default()
    };
    if contact.outcome == Some(Outcome::Short) {
        return does_not("short");
    }
    if contact.initiation == Initiation::Scheduled {
        return counts(PriorRole::Answered, false, true);
    }
    if contact.direction == Direction::Outbound {
        return does_not("outbound");
    }
    if contact.channel == Channel::Web {
        return if contact.has_counting_step {
            counts(PriorRole::Answered, true, false)
        } else {
            does_not("no_service_step")
        };
    }
    match contact.outcome {
        Some(Outcome::Abandoned | Outcome::Unanswered) => counts(PriorRole::Abandoned, true, false),
        Some(Outcome::Contained) => counts(PriorRole::Answered, true, false),
        Some(Outcome::Handled | Outcome::Failed | Outcome::Short) | None => {
            counts(PriorRole::Answered, true, true)
        }
    }
}
