use calendar::Calendar;
use model::Text;

/// What the tenant configures of this stage.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The centre's calendar.
    pub calendar: Calendar,
    /// How long a handle is taken to stay its owner's, by type, milliseconds.
    pub link_life_ms: Vec<(Text, i64)>,
    /// The same for every other type.
    pub link_life_default_ms: i64,
    /// How far back a login, link, unlink or second owner acts, milliseconds.
    pub reach_ms: i64,
    /// More contacts than this on one day quarantine an identifier; 0: no limit.
    pub contacts_per_day_max: u32,
    /// A contact is let go of so long after its start: acceptance + reach + longest open contact,
    /// milliseconds; `None`: never, as in a history of any order.
    pub keep_ms: Option<i64>,
}

impl Settings {
    pub(crate) fn link_life_ms(&self, kind: &str) -> i64 {
        let configured = self.link_life_ms.iter().find(|(named, _)| named == kind);
        configured.map_or(self.link_life_default_ms, |(_, life_ms)| *life_ms)
    }
}
