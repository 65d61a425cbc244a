//! Closed lists of words, each with the one spelling that files, topics and configuration use.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The word as written in files, topics and configuration.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// The value that a word names, if it is one of the closed list.
            #[must_use]
            pub fn from_name(name: &str) -> Option<$name> {
                match name { $($text => Some($name::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The channel of a contact. The set is closed; finer differences are the `medium`.
    Channel {
        /// Telephone calls.
        Phone = "phone",
        /// Live chat, messaging, social networks, SMS.
        Chat = "chat",
        /// Electronic mail.
        Email = "email",
        /// Video chats.
        Video = "video",
        /// Web sites and apps.
        Web = "web",
    }
}

words! {
    /// Who moved towards whom.
    Direction {
        /// From the customer to the brand.
        Inbound = "inbound",
        /// From the brand to the customer.
        Outbound = "outbound",
    }
}

words! {
    /// What brought the contact about.
    Initiation {
        /// The customer came by himself.
        Customer = "customer",
        /// The brand made the contact.
        Brand = "brand",
        /// It was agreed beforehand: a call-back, a video appointment.
        Scheduled = "scheduled",
        /// It continues another contact.
        Transfer = "transfer",
    }
}

words! {
    /// What became of a contact.
    Outcome {
        /// It was answered and dealt with.
        Handled = "handled",
        /// The customer left before an answer.
        Abandoned = "abandoned",
        /// It was too short to count.
        Short = "short",
        /// A bot or an IVR dealt with it.
        Contained = "contained",
        /// Nobody has answered it.
        Unanswered = "unanswered",
        /// The line or the video dropped.
        Failed = "failed",
    }
}

words! {
    /// Who says what the reason is, from the weakest to the strongest.
    Provenance {
        /// The last service step of the visit before.
        Page = "page",
        /// The queue, through the tenant's table.
        Queue = "queue",
        /// The customer, through an IVR or a form.
        Declared = "declared",
        /// The agent.
        Qualified = "qualified",
    }
}

words! {
    /// How far a web step went.
    StepStatus {
        /// The customer began it.
        Started = "started",
        /// It went wrong.
        Failed = "failed",
        /// It was finished.
        Completed = "completed",
    }
}
