//! The words of the page: one file for each language. What stands here is what a language has to say; the
//! compiler sees to it that no language leaves anything out.

mod en;
mod fr;

use crate::format::Format;
use crate::router::Refused;
use board::views::{ActKind, By, CauseRate, Period, Standing, Words};
use model::Channel;

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

type One = fn(&str) -> String;
type Two = fn(&str, &str) -> String;
type Three = fn(&str, &str, &str) -> String;
/// Of a number and how it is written, for singular and plural.
type Many = fn(u64, &str) -> String;

/// What a figure is.
#[derive(Debug)]
#[allow(missing_docs)] // The fields are what they are called.
pub struct Explained {
    pub title: &'static str,
    pub formula: &'static str,
    pub leaves_out: &'static str,
}

/// What each figure is.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct AllExplained {
    pub repeat_rate: Explained,
    pub normal: Explained,
    pub contacts: Explained,
    pub identified: Explained,
    pub avoidable_cost: Explained,
    pub open_alerts: Explained,
    pub followed: Explained,
    pub people: Explained,
    pub journeys: Explained,
    pub flow: Explained,
    pub fir: Explained,
    pub fcr: Explained,
    pub young: Explained,
    pub coverage: Explained,
}

macro_rules! texts {
    ($($name:ident: $type:ty,)+) => {
        /// All words of a language.
        #[derive(Debug)]
        #[allow(missing_docs)] // The fields are what they say.
        pub struct Texts { $(pub $name: $type,)+ }
    };
}

texts! {
    language: Language,
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
    day_sign: &'static str,
    explained: AllExplained,
    // Words of the product.
    today: &'static str,
    contacts: &'static str,
    channel_word: &'static str,
    channels: &'static str,
    channel_names: [&'static str; 5],
    reading: &'static str,
    period: &'static str,
    reason: &'static str,
    team: &'static str,
    tier: &'static str,
    cost: &'static str,
    rule: &'static str,
    source: &'static str,
    day: &'static str,
    age: &'static str,
    until: &'static str,
    unknown: &'static str,
    all_others: &'static str,
    words_of_data: &'static [(&'static str, &'static str)],
    // Head, foot, keys.
    title: &'static str,
    skip: &'static str,
    how_it_looks: &'static str,
    light: &'static str,
    dark: &'static str,
    wall: &'static str,
    filters: &'static str,
    filter: &'static str,
    all: &'static str,
    any_reading: &'static str,
    any_channel: &'static str,
    any_reason: &'static str,
    any_team: &'static str,
    any_tier: &'static str,
    last_days: One,
    from_to_dates: Two,
    scopes: &'static [(&'static str, &'static str)],
    modes: [(&'static str, &'static str); 2],
    intraday: &'static str,
    foot: &'static str,
    api: &'static str,
    keys_title: &'static str,
    keys: &'static [(&'static str, &'static str)],
    close_dialog: &'static str,
    filter_wrong: &'static str,
    // How figures are explained.
    what_is: One,
    formula: &'static str,
    leaves_out: &'static str,
    so_many_of: Two,
    above_normal: &'static str,
    below_normal: &'static str,
    within_normal: &'static str,
    no_normal: &'static str,
    as_table: &'static str,
    csv: &'static str,
    from_contacts: One,
    no_figures: &'static str,
    more_rows: One,
    fewer_rows: &'static str,
    contacts_many: Many,
    // How the board stands.
    behind: &'static str,
    behind_records: One,
    complete_until: One,
    figures_old: One,
    figures_of: One,
    cluster_lost: &'static str,
    server_lost: &'static str,
    comes_back: &'static str,
    nothing_yet: &'static str,
    nothing_yet_more: &'static str,
    try_the_demo: &'static str,
    write_events: &'static str,
    waiting: &'static str,
    waiting_since: One,
    cluster_silent: &'static str,
    topics_missing: &'static str,
    make_topics: &'static str,
    reading_history: &'static str,
    records_to_go: One,
    // Now.
    now: &'static str,
    repeat_rate: &'static str,
    normal_is: One,
    normal_short: One,
    identified: &'static str,
    avoidable: &'static str,
    partial: &'static str,
    open_alerts: &'static str,
    too_early: &'static str,
    too_early_more: &'static str,
    below_thirty: &'static str,
    key_today: &'static str,
    key_normal: &'static str,
    axis_from: One,
    chart_says: Two,
    chart_says_normal: Three,
    last_hour: &'static str,
    at_time: One,
    after: One,
    repeats: Many,
    alerts_changed: Three,
    // Causes.
    causes: &'static str,
    by_cost: &'static str,
    ranked_by: &'static str,
    by_names: [&'static str; 3],
    cause_rates: [&'static str; 2],
    fortnight: &'static str,
    trend_of: One,
    caused: Many,
    no_causes: &'static str,
    no_causes_more: &'static str,
    samples: &'static str,
    no_samples: &'static str,
    samples_are_fair: &'static str,
    // People to help.
    people: &'static str,
    open: Many,
    taken: One,
    oldest_waits: &'static str,
    waits: &'static str,
    nobody: &'static str,
    nobody_more: &'static str,
    let_go: One,
    nth_contact: fn(u64) -> String,
    after_gap: One,
    right_after: &'static str,
    source_is_silent: One,
    on_the_line: &'static str,
    on_the_site: &'static str,
    may_not_contact: &'static str,
    standings: [&'static str; 4],
    acts: [&'static str; 4],
    acts_done: [&'static str; 4],
    assign_to: &'static str,
    open_contact: &'static str,
    // Journeys.
    journeys: &'static str,
    none_degraded: &'static str,
    no_monitor: &'static str,
    over: One,
    over_since: One,
    degraded_since: One,
    customers: Many,
    breaks_of_expected: Two,
    key_seen: &'static str,
    key_expected: &'static str,
    rule_rate: &'static str,
    broken: &'static str,
    other_rules: One,
    no_rules: &'static str,
    no_rules_more: &'static str,
    // Then what.
    then_what: &'static str,
    then_what_more: &'static str,
    flow_says: &'static str,
    no_flow: &'static str,
    no_flow_more: &'static str,
    from_to: &'static str,
    followed: &'static str,
    other_pairs: One,
    // Resolved.
    resolved: &'static str,
    fir: &'static str,
    fcr: &'static str,
    windows_over: &'static str,
    nothing_matured: &'static str,
    fir_chart_says: Two,
    young: &'static str,
    no_young: &'static str,
    not_back: &'static str,
    same_age: &'static str,
    compared: &'static str,
    // Data.
    data: &'static str,
    source_silent: Two,
    silent_since: One,
    says_behind: One,
    says_no_figures: &'static str,
    says_few_identified: Two,
    says_reasons_unknown: One,
    says_rejected: Two,
    says_costs_partial: One,
    says_kept: One,
    says_all_talk: Many,
    sources: &'static str,
    no_sources: &'static str,
    last_contact: &'static str,
    not_counted: &'static str,
    reasons_known: &'static str,
    rejected: &'static str,
    kept: Two,
    // A story.
    story: &'static str,
    back: &'static str,
    story_gone: &'static str,
    story_gone_more: &'static str,
    withdrawn: &'static str,
    story_says: One,
    story_is_cut: &'static str,
    no_contacts: &'static str,
    going_on: &'static str,
    later: One,
    lasted: &'static str,
    waited: &'static str,
    handled: &'static str,
    outcome: &'static str,
    answered_by: &'static str,
    page: &'static str,
    did: &'static str,
    decided: &'static str,
    changed: &'static str,
    not_counted_because: &'static str,
    rank_in_session: One,
    of_session: &'static str,
    this_contact: &'static str,
    history: &'static str,
    act_by: Two,
    act_to: One,
    total_cost: &'static str,
    of_which_avoidable: &'static str,
    confidence: &'static str,
    refusals: [&'static str; 4],
    not_found: &'static str,
    not_found_more: &'static str,
}

impl Texts {
    /// The words of a language.
    #[must_use]
    pub fn of(language: Language) -> &'static Texts {
        match language {
            Language::English => &en::TEXTS,
            Language::French => &fr::TEXTS,
        }
    }

    /// The name of a channel.
    #[must_use]
    pub fn channel(&self, channel: Channel) -> &'static str {
        let place = Channel::ALL.iter().position(|one| *one == channel);
        place
            .and_then(|place| self.channel_names.get(place))
            .copied()
            .unwrap_or(channel.name())
    }

    /// A name in this language.
    #[must_use]
    pub fn words<'a>(&self, words: &'a Words) -> &'a str {
        match self.language {
            Language::English => &words.en,
            Language::French => &words.fr,
        }
    }

    /// A word of a closed list of the data, such as an outcome; one that is not known as it is.
    #[must_use]
    pub fn word<'a>(&self, word: &'a str) -> &'a str {
        let known = self.words_of_data.iter().find(|(name, _)| *name == word);
        known.map_or(word, |(_, words)| words)
    }

    /// A reading: `J+7 · assisted channels · any reason`.
    #[must_use]
    pub fn reading_words(&self, reading: &str) -> String {
        let mut parts: Vec<&str> = reading.split(' ').collect();
        let (Some(mode), Some(scope)) = (parts.pop(), parts.pop()) else {
            return reading.to_owned();
        };
        let window = parts.join(" ");
        let window = match window.as_str() {
            "intraday" => self.intraday.to_owned(),
            window => window.replacen("j+", "J+", 1),
        };
        let scope = self
            .scopes
            .iter()
            .find(|(name, _)| *name == scope)
            .map_or(scope, |(_, words)| words);
        let mode = self
            .modes
            .iter()
            .find(|(name, _)| *name == mode)
            .map_or(mode, |(_, words)| words);
        format!("{window} · {scope} · {mode}")
    }

    /// A period.
    #[must_use]
    pub fn period_words(&self, period: Period, format: &Format) -> String {
        match period {
            Period::Today => self.today.to_owned(),
            Period::Days(days) => (self.last_days)(&days.to_string()),
            Period::Between(from, to) => (self.from_to_dates)(
                &format.date_words(from.date()),
                &format.date_words(to.date()),
            ),
        }
    }

    /// What causes are ranked by.
    #[must_use]
    pub fn by(&self, by: By) -> &'static str {
        match by {
            By::Reason => self.by_names[0],
            By::Page => self.by_names[1],
            By::Team => self.by_names[2],
        }
    }

    /// What the rate of a cause is.
    #[must_use]
    pub fn cause_rate(&self, rate: CauseRate) -> &'static str {
        match rate {
            CauseRate::Repeats => self.cause_rates[0],
            CauseRate::Followed => self.cause_rates[1],
        }
    }

    /// What people have made of an alert.
    #[must_use]
    pub fn standing(&self, standing: Standing) -> &'static str {
        match standing {
            Standing::Open => self.standings[0],
            Standing::Acknowledged => self.standings[1],
            Standing::Assigned => self.standings[2],
            Standing::Closed => self.standings[3],
        }
    }

    /// What a button does.
    #[must_use]
    pub fn act(&self, kind: ActKind) -> &'static str {
        self.acts[place(kind)]
    }

    /// What somebody did.
    #[must_use]
    pub fn act_done(&self, kind: ActKind) -> &'static str {
        self.acts_done[place(kind)]
    }
}

impl Texts {
    /// Why an act was not done.
    #[must_use]
    pub fn refused(&self, refused: Refused) -> &'static str {
        match refused {
            Refused::Conflict => self.refusals[0],
            Refused::Gone => self.refusals[1],
            Refused::Forbidden => self.refusals[2],
            Refused::Unavailable => self.refusals[3],
        }
    }
}

fn place(kind: ActKind) -> usize {
    match kind {
        ActKind::Acknowledge => 0,
        ActKind::Assign => 1,
        ActKind::Close => 2,
        ActKind::Reopen => 3,
    }
}
