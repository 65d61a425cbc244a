//! From the configuration as meant to the stages of an engine.

use crate::Meant;
use model::Millis;
use stage_door::DoorError;
use worker::Engine;

impl Meant {
    /// The stages with this configuration. `draw` gives a secret where none is configured, at least
    /// 32 random bytes; `run_start` is what events of files must not be later than; records after
    /// `until` are ignored.
    ///
    /// # Errors
    /// What the door cannot work with.
    pub fn engine(
        &self,
        draw: impl FnOnce() -> Vec<u8>,
        run_start: Option<Millis>,
        until: Option<Millis>,
    ) -> Result<Engine, DoorError> {
        let door = stage_door::Settings {
            run_start,
            until,
            ..self.door(draw)
        };
        let contacts = self.contacts.clone();
        Engine::new(door, contacts, self.handles.clone(), self.customers.clone())
    }
}
