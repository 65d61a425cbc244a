//! What counts and what is told: the table of roles, the quarantine of identifiers that mean too
//! many people, and the alert policies.
//!
//! Invariant: pure functions of a contact or of one of its readings. Knows no chain and no clock.

mod policy;
mod quarantine;
mod roles;

pub use policy::Policy;
pub use quarantine::Quarantine;
pub use roles::{RoleRow, RoleTable};
