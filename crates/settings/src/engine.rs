//! From the configuration as meant to the stages of an engine.

use crate::Meant;
use model::Millis;
use stage_door::DoorError;
use std::sync::Arc;
use worker::Engine;

impl Meant {
    /// The stages for a service that runs for ever: they let go of what is older than its
    /// retention, which rests on the door's refusing what is too late.
    ///
    /// # Errors
    /// What the door cannot work with.
    pub fn lasting_engine(&self, draw: impl FnOnce() -> Vec<u8>) -> Result<Engine, DoorError> {
        let contacts = stage_contacts::Settings {
            keep_ms: Some(self.changes_ms),
            ..self.contacts.clone()
        };
        let handles = stage_handles::Settings {
            keep_ms: Some(self.changes_ms),
            ..self.handles.clone()
        };
        let customers = stage_customers::Settings {
            keep_ms: Some(self.retention_ms),
            ..self.customers.clone()
        };
        let mut engine = Engine::new(self.door(draw), contacts, handles, customers)?;
        if self.tells_figures {
            engine.customers = engine.customers.counting(Arc::new(self.figures()));
        }
        Ok(engine)
    }

    /// The stages with this configuration for a history, of which nothing is let go: it may come in
    /// any order. `draw` gives a secret where none is configured, at least
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
