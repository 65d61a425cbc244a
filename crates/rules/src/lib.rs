//! What counts and what is told: the table of roles, the quarantine of identifiers that mean too
//! many people, the alert policies, and the journey rules: their language and their matcher.
//!
//! Invariant: pure functions of a contact, of one of its readings, or (journey rules) of a customer's
//! list and of clocks that come in as arguments. Keeps nothing between two calls.

pub mod journeys;
pub mod nearest;
mod policy;
mod quarantine;
mod roles;

pub use policy::Policy;
pub use quarantine::Quarantine;
pub use roles::{RoleRow, RoleTable};
