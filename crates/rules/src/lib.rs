//! What counts and what is told: the table of roles and the alert policies.
//!
//! Invariant: pure functions of a contact or of one of its readings. Knows no chain and no time.

mod policy;
mod roles;

pub use policy::Policy;
pub use roles::{RoleRow, RoleTable};
