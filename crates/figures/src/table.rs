//! The sums of a sheet as the rows of the tables `figures` and `samples`.

use crate::customer::{AGE_DAYS_MAX, BY_ORIGIN_CHANNEL, BY_RANK, Figures};
use crate::dimension::OTHER;
use crate::key::{Counts, Group, Key, Slot};
use crate::samples::{SAMPLES_MAX, Sample, SampleKey};
use crate::sheet::Sheet;
use model::{Channel, Millis, Text};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// A figure, by its name in the tables. What each means is said in `docs/semantics.md`, 15.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum Figure { $($(#[$doc])* $name,)+ }

        impl Figure {
            /// Every figure.
            pub const ALL: &'static [Figure] = &[$(Figure::$name,)+];

            /// Its name in the tables.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Figure::$name => $text,)+ }
            }
        }
    };
}

figures! {
    /// Share of contacts answered within their channel's threshold.
    AnsweredWithin = "answered_within",
    /// Cost of repeats, charged to their origins.
    AvoidableCost = "avoidable_cost",
    /// Contacts by what came before them.
    Caused = "caused",
    /// What those cost.
    CausedCost = "caused_cost",
    /// Contacts.
    Contacts = "contacts",
    /// Contacts per session.
    ContactsPerSession = "contacts_per_session",
    /// Cost of contacts.
    Cost = "cost",
    /// Distinct customers of a date.
    Customers = "customers",
    /// First Contact Resolution: first interaction resolution in scope `phone`.
    Fcr = "fcr",
    /// First Interaction Resolution.
    Fir = "fir",
    /// Share of contacts that were followed by one on a channel.
    Followed = "followed",
    /// Handling time.
    HandleTime = "handle_time",
    /// Handling time of origins.
    HandleTimeOrigins = "handle_time_origins",
    /// Handling time of repeats.
    HandleTimeRepeats = "handle_time_repeats",
    /// Share of contacts whose customer is known.
    Identified = "identified",
    /// Share of abandoned contacts whose customer gave up.
    LostRate = "lost_rate",
    /// Share of mails that were answered.
    MailAnswered = "mail_answered",
    /// Share of contacts that are alone in their session.
    OneAndDone = "one_and_done",
    /// Share of followers that are repeats.
    RepeatRate = "repeat_rate",
    /// Share of customers with a repeat.
    RepeatingCustomers = "repeating_customers",
    /// Share of followers that are retries.
    RetryRate = "retry_rate",
    /// Share of origins whose customer had come back so many days later.
    ReturnedByAge = "returned_by_age",
    /// Cost of broken entries of a rule.
    RuleCost = "rule_cost",
    /// Share of decided entries of a rule that broke.
    RuleRate = "rule_rate",
    /// Scores of surveys.
    Satisfaction = "satisfaction",
    /// Cost of sessions.
    SessionCost = "session_cost",
    /// Time to an answer.
    TimeToAnswer = "time_to_answer",
}

/// A row of table `figures`.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureRow {
    /// The local date, in days since 1970-01-01.
    pub day: i32,
    /// Local hour, 0 to 23; `None`: the whole day.
    pub hour: Option<u8>,
    /// The figure.
    pub figure: Figure,
    /// Name of the journey rule; empty where there is none.
    pub rule: Text,
    /// Place of the reading in the configured list; `None`: no reading.
    pub reading: Option<u16>,
    /// The channel before.
    pub from_channel: Option<Channel>,
    /// The channel; `None`: all.
    pub channel: Option<Channel>,
    /// Up to three `key=value`, separated by commas; empty: not broken down.
    pub segment: Text,
    /// Local days after the date.
    pub age_days: Option<u8>,
    /// What was counted; amounts in the tenant's currency, durations in milliseconds.
    pub numerator: f64,
    /// Of how many; `None` of a plain count.
    pub denominator: Option<u64>,
    /// Of a histogram: bucket and count, those that are not nought.
    pub buckets: Vec<(u8, u64)>,
    /// Time alone changes nothing any more.
    pub matured: bool,
    /// Share of identified contacts; `None` if there were none at all.
    pub coverage: Option<f64>,
}

impl FigureRow {
    /// Numerator through denominator, a plain count itself; `None` where the denominator is 0.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        match self.denominator {
            None => Some(self.numerator),
            Some(0) => None,
            Some(denominator) => Some(self.numerator / denominator as f64),
        }
    }
}

/// A row of table `samples`.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRow {
    /// The local date, in days since 1970-01-01.
    pub day: i32,
    /// The figure.
    pub figure: Figure,
    /// Name of the journey rule; empty where there is none.
    pub rule: Text,
    /// As in [`FigureRow`].
    pub segment: Text,
    /// From 1 to [`SAMPLES_MAX`].
    pub rank: u32,
    /// The contact.
    pub sample: Sample,
}

/// How each segment that a sheet holds is written, by family.
type Written = BTreeMap<(u8, Text), Text>;

impl Figures {
    /// The rows of table `figures`, in order of date, hour, figure, rule, window, scope, mode,
    /// channels, segment and age. `now` is how far time has come.
    #[must_use]
    pub fn rows(&self, sheet: &Sheet, now: Millis) -> Vec<FigureRow> {
        let written = self.written(sheet);
        let mut cells: BTreeMap<Key, Counts> = BTreeMap::new();
        for (key, counts) in sheet.cells() {
            let mut key = key.clone();
            if let Some(family) = key.family {
                key.segment = self.text_of(&written, family, &key.segment);
            }
            self.take_apart(key, counts, &mut cells);
        }
        let (today, _) = self.local(now);
        let mut rows = self.rows_of_cells(&cells, Coverage::of(&cells), today);
        rows.sort_by(|a, b| self.order(a).cmp(&self.order(b)));
        rows
    }

    /// The rows of one cell of a task, on a local date of its time. What all tasks would have to be
    /// asked for is not in them: the coverage, and which segments have most contacts.
    pub(crate) fn rows_of(&self, key: &Key, counts: &Counts, today: i32) -> Vec<FigureRow> {
        if counts.is_empty() {
            return Vec::new();
        }
        let mut cells = BTreeMap::new();
        let mut key = key.clone();
        if let Some(family) = key.family {
            key.segment = self.text_alone(family, &key.segment);
        }
        self.take_apart(key, counts, &mut cells);
        self.rows_of_cells(&cells, Coverage::default(), today)
    }

    fn rows_of_cells(
        &self,
        cells: &BTreeMap<Key, Counts>,
        coverage: Coverage,
        today: i32,
    ) -> Vec<FigureRow> {
        let mut rows = Rows {
            coverage,
            figures: self,
            cells,
            today,
            rows: Vec::new(),
        };
        for (key, counts) in cells {
            rows.of_cell(key, counts);
        }
        rows.rows
    }

    /// The row of a sample, by its place from 0.
    pub(crate) fn sample_row(&self, key: &SampleKey, place: usize, sample: &Sample) -> SampleRow {
        let segment = key.family.map_or_else(Text::default, |family| {
            self.text_alone(family, &key.segment)
        });
        SampleRow {
            day: key.day,
            figure: key.figure,
            rule: key.rule.clone(),
            segment,
            rank: place as u32 + 1,
            sample: sample.clone(),
        }
    }

    /// A segment as it is written where none is left out.
    fn text_alone(&self, family: u8, segment: &Text) -> Text {
        let families = &self.settings.families;
        match family {
            BY_RANK => format!("rank={segment}").into(),
            BY_ORIGIN_CHANNEL => format!("origin_channel={segment}").into(),
            family => families[usize::from(family)].written(segment),
        }
    }

    /// Adds the numbers of a cell to the cells that rows are made of.
    fn take_apart(&self, key: Key, counts: &Counts, cells: &mut BTreeMap<Key, Counts>) {
        let headline = u16::try_from(self.headline()).ok();
        let mut add =
            |key: Key, slot: Slot, number| cells.entry(key).or_default().add(slot, number);
        match key.group {
            Group::Contact => {
                let volume = Key {
                    group: Group::Volume,
                    ..key.clone()
                };
                let reading = Key {
                    group: Group::Reading,
                    reading: headline,
                    ..key.clone()
                };
                let flow = self.flow.and_then(|flow| u16::try_from(flow).ok());
                for (slot, number) in counts.iter() {
                    match slot {
                        _ if is_of_followed(slot) => {
                            let (key, slot) = followed(&key, flow, slot);
                            add(key, slot, number);
                        }
                        _ if is_of_reading(slot) => add(reading.clone(), slot, number),
                        _ => add(volume.clone(), slot, number),
                    }
                }
            }
            Group::Readings | Group::Age | Group::Customer => {
                for (slot, number) in counts.iter() {
                    let (place, slot) = slot.of_reading();
                    let key = Key {
                        reading: Some(place),
                        ..key.clone()
                    };
                    let (key, slot) = match (key.group, slot) {
                        (Group::Age, Slot::AGED) => (key, Slot::ALL),
                        (Group::Age, Slot(age_days)) => {
                            let age_days = u8::try_from(age_days).ok();
                            (Key { age_days, ..key }, Slot::PART)
                        }
                        (Group::Customer, Slot::IDENTIFIED) => {
                            let reading = None;
                            (Key { reading, ..key }, Slot::ALL)
                        }
                        (Group::Customer, slot) => (key, slot),
                        (_, slot) if is_of_followed(slot) => followed(&key, Some(place), slot),
                        _ => {
                            let group = Group::Reading;
                            (Key { group, ..key }, slot)
                        }
                    };
                    add(key, slot, number);
                }
            }
            Group::Volume
            | Group::Reading
            | Group::Followed
            | Group::Caused
            | Group::Avoidable
            | Group::Session
            | Group::Entry => cells.entry(key).or_default().merge(counts),
        }
    }

    /// The rows of table `samples`, in order of date, figure, rule, segment and rank.
    #[must_use]
    pub fn samples(&self, sheet: &Sheet) -> Vec<SampleRow> {
        let written = self.written(sheet);
        // Date, figure's name, rule, segment.
        type Name<'a> = (i32, &'a str, Text, Text);
        let mut chosen: BTreeMap<Name<'_>, (Figure, Vec<&Sample>)> = BTreeMap::new();
        for (key, sample) in sheet.samples() {
            let segment = key.family.map_or_else(Text::default, |family| {
                self.text_of(&written, family, &key.segment)
            });
            let name = (key.day, key.figure.name(), key.rule.clone(), segment);
            let entry = chosen.entry(name);
            entry.or_insert((key.figure, Vec::new())).1.push(sample);
        }
        let mut rows = Vec::new();
        for ((day, _, rule, segment), (figure, mut samples)) in chosen {
            samples.sort_unstable();
            for (sample, rank) in samples.into_iter().take(SAMPLES_MAX).zip(1..) {
                rows.push(SampleRow {
                    day,
                    figure,
                    rule: rule.clone(),
                    segment: segment.clone(),
                    rank,
                    sample: sample.clone(),
                });
            }
        }
        rows
    }

    /// The values of each family that are shown: those with most contacts.
    fn written(&self, sheet: &Sheet) -> Written {
        let mut contacts: BTreeMap<(u8, &Text), i128> = BTreeMap::new();
        for (key, counts) in sheet.cells() {
            let is_volume = matches!(key.group, Group::Contact | Group::Volume);
            if let Some(family) = key.family.filter(|_| is_volume) {
                *contacts.entry((family, &key.segment)).or_default() += counts.get(Slot::ALL);
            }
        }
        let mut written = Written::new();
        let empty = Text::default();
        for (family, nth) in self.settings.families.iter().zip(0..BY_ORIGIN_CHANNEL) {
            let of_family = contacts.range((nth, &empty)..);
            let of_family = of_family.take_while(|((of, _), _)| *of == nth);
            let mut ranked: Vec<_> = of_family
                .filter(|((_, segment), contacts)| **segment != OTHER && **contacts > 0)
                .map(|((_, segment), contacts)| (Reverse(*contacts), *segment))
                .collect();
            ranked.sort_unstable();
            for (_, segment) in ranked.into_iter().take(family.values_max) {
                written.insert((nth, segment.clone()), family.written(segment));
            }
        }
        written
    }

    fn text_of(&self, written: &Written, family: u8, segment: &Text) -> Text {
        if family == BY_RANK || family == BY_ORIGIN_CHANNEL {
            return self.text_alone(family, segment);
        }
        let known = written.get(&(family, segment.clone())).cloned();
        known.unwrap_or_else(|| self.settings.families[usize::from(family)].written(OTHER))
    }

    /// The columns that a row is ordered by.
    fn order<'a>(&'a self, row: &'a FigureRow) -> impl Ord + use<'a> {
        let readings = &self.settings.readings;
        let reading = row.reading.map(|place| {
            let reading = &readings.list[usize::from(place)];
            let window = readings.windows[reading.window].as_bytes();
            let scope = readings.scopes[reading.scope].name.as_bytes();
            (window, scope, reading.mode.name())
        });
        let channels = (
            row.from_channel.map(Channel::name),
            row.channel.map(Channel::name),
        );
        let segment = row.segment.as_bytes();
        (
            (row.day, row.hour, row.figure.name(), row.rule.as_bytes()),
            (reading, channels, segment, row.age_days),
        )
    }
}

/// Whether a number is one of a contact in a reading.
fn is_of_reading(slot: Slot) -> bool {
    let of_headline = Slot::TAKING_PART..=Slot::ALONE_OPEN;
    (Slot::FOLLOWERS..=Slot::ALONE).contains(&slot)
        || of_headline.contains(&slot)
        || slot >= Slot::ORIGIN_HANDLE_MS
}

/// Whether a number is one of who follows a contact.
fn is_of_followed(slot: Slot) -> bool {
    (Slot::FOLLOWED_ALL..Slot::TAKING_PART).contains(&slot)
}

/// The cell and number of who follows the contacts of a channel.
fn followed(key: &Key, reading: Option<u16>, slot: Slot) -> (Key, Slot) {
    let followed_on = |channel: &&Channel| Slot::followed_on(**channel) == slot;
    let channel = Channel::ALL.iter().find(followed_on).copied();
    let key = Key {
        group: Group::Followed,
        hour: None,
        reading,
        from_channel: key.channel,
        channel,
        ..key.clone()
    };
    let slot = match slot {
        Slot::FOLLOWED_ALL => Slot::ALL,
        Slot::FOLLOWED_WAITING => Slot::WAITING,
        _ => Slot::PART,
    };
    (key, slot)
}

/// Contacts of known customers, and all, by channel.
type Known = [(i128, i128); 5];

/// The contacts of each date and hour, and of each whole date.
#[derive(Default)]
struct Coverage(BTreeMap<(i32, Option<u8>), Known>);

impl Coverage {
    fn of(cells: &BTreeMap<Key, Counts>) -> Coverage {
        let mut coverage = Coverage::default();
        for (key, counts) in cells {
            let (Group::Volume, None, Some(channel)) = (key.group, key.family, key.channel) else {
                continue;
            };
            for hour in [None, key.hour] {
                let of_day = coverage.0.entry((key.day, hour)).or_default();
                let (identified, all) = &mut of_day[channel as usize];
                *identified += counts.get(Slot::IDENTIFIED);
                *all += counts.get(Slot::ALL);
            }
        }
        coverage
    }

    fn share(&self, day: i32, hour: Option<u8>, counts: impl Fn(Channel) -> bool) -> Option<f64> {
        let of_day = self.0.get(&(day, hour))?;
        let channels = Channel::ALL.iter().filter(|channel| counts(**channel));
        let sums = channels.fold((0, 0), |sum, channel| {
            let (identified, all) = of_day[*channel as usize];
            (sum.0 + identified, sum.1 + all)
        });
        (sums.1 > 0).then(|| sums.0 as f64 / sums.1 as f64)
    }
}

/// Rows on their way out of cells.
struct Rows<'a> {
    figures: &'a Figures,
    cells: &'a BTreeMap<Key, Counts>,
    coverage: Coverage,
    today: i32,
    rows: Vec<FigureRow>,
}

/// What a row says besides its name.
struct Said {
    numerator: f64,
    denominator: Option<i128>,
    matured: bool,
}

impl Said {
    fn count(number: i128) -> Said {
        Said {
            numerator: number as f64,
            denominator: None,
            matured: true,
        }
    }

    fn share(part: i128, of: i128) -> Said {
        Said {
            denominator: Some(of),
            ..Said::count(part)
        }
    }

    /// A sum of millionths, and of how many.
    fn millionths(sum: i128, of: i128) -> Said {
        Said {
            numerator: sum as f64 / 1e6,
            ..Said::share(0, of)
        }
    }

    fn unless(self, waiting: i128) -> Said {
        Said {
            matured: waiting == 0,
            ..self
        }
    }
}

impl Rows<'_> {
    fn of_cell(&mut self, key: &Key, counts: &Counts) {
        let get = |slot| counts.get(slot);
        match key.group {
            Group::Contact | Group::Readings => {}
            Group::Volume => self.of_volume(key, counts),
            Group::Reading => self.of_reading(key, counts),
            Group::Age if key.age_days.is_none() => self.of_age(key, get(Slot::ALL)),
            Group::Age => {}
            Group::Followed => self.of_followed(key, counts),
            Group::Caused => {
                self.push(Figure::Caused, key, Said::count(get(Slot::ALL)));
                let cost = Said::millionths(get(Slot::COST), get(Slot::COSTED));
                self.push_some(Figure::CausedCost, key, cost);
            }
            Group::Avoidable => {
                let cost = Said::millionths(get(Slot::COST), get(Slot::COSTED));
                self.push_some(Figure::AvoidableCost, key, cost);
            }
            Group::Session => {
                let waiting = get(Slot::WAITING);
                let contacts = Said::share(get(Slot::PART), get(Slot::ALL)).unless(waiting);
                self.push(Figure::ContactsPerSession, key, contacts);
                let cost = Said::millionths(get(Slot::COST), get(Slot::COSTED)).unless(waiting);
                self.push_some(Figure::SessionCost, key, cost);
            }
            Group::Customer if key.reading.is_none() => {
                self.push(Figure::Customers, key, Said::count(get(Slot::ALL)));
            }
            Group::Customer => {
                let share = Said::share(get(Slot::PART), get(Slot::ALL));
                self.push(Figure::RepeatingCustomers, key, share);
            }
            Group::Entry => {
                let waiting = get(Slot::WAITING);
                let share = Said::share(get(Slot::PART), get(Slot::ALL)).unless(waiting);
                self.push(Figure::RuleRate, key, share);
                let cost = Said::millionths(get(Slot::COST), get(Slot::COSTED)).unless(waiting);
                self.push_some(Figure::RuleCost, key, cost);
            }
        }
    }

    fn of_volume(&mut self, key: &Key, counts: &Counts) {
        let get = |slot| counts.get(slot);
        let all = get(Slot::ALL);
        if all > 0 {
            self.push(Figure::Contacts, key, Said::count(all));
        }
        let identified = Said::share(get(Slot::IDENTIFIED), all);
        self.push_some(Figure::Identified, key, identified);
        let within = Said::share(get(Slot::WITHIN), get(Slot::OFFERED));
        self.push_some(Figure::AnsweredWithin, key, within);
        let mails = Said::share(get(Slot::MAILS_ANSWERED), get(Slot::MAILS));
        self.push_some(Figure::MailAnswered, key, mails);
        let cost = Said::millionths(get(Slot::COST), get(Slot::COSTED));
        self.push_some(Figure::Cost, key, cost);
        let score = Said::millionths(get(Slot::SCORE), get(Slot::SCORED));
        self.push_some(Figure::Satisfaction, key, score);
        self.push_histogram(Figure::TimeToAnswer, key, counts, Slot::WAIT_MS);
        self.push_histogram(Figure::HandleTime, key, counts, Slot::HANDLE_MS);
    }

    fn of_reading(&mut self, key: &Key, counts: &Counts) {
        let get = |slot| counts.get(slot);
        let followers = get(Slot::FOLLOWERS);
        let repeats = Said::share(get(Slot::REPEATS), followers);
        self.push_some(Figure::RepeatRate, key, repeats);
        let retries = Said::share(get(Slot::RETRIES), followers);
        self.push_some(Figure::RetryRate, key, retries);
        let (origins, matured) = (get(Slot::ORIGINS), get(Slot::ORIGINS_MATURED));
        if origins > 0 {
            let said = || Said::share(get(Slot::RESOLVED), matured).unless(origins - matured);
            self.push(Figure::Fir, key, said());
            if self.is_phone(key) {
                self.push(Figure::Fcr, key, said());
            }
        }
        let (abandoned, matured) = (get(Slot::ABANDONED), get(Slot::ABANDONED_MATURED));
        if abandoned > 0 {
            let lost = Said::share(get(Slot::LOST), matured).unless(abandoned - matured);
            self.push(Figure::LostRate, key, lost);
        }
        let alone = Said::share(get(Slot::ALONE), get(Slot::TAKING_PART));
        let alone = alone.unless(get(Slot::ALONE_OPEN));
        self.push_some(Figure::OneAndDone, key, alone);
        let slot = Slot::ORIGIN_HANDLE_MS;
        self.push_histogram(Figure::HandleTimeOrigins, key, counts, slot);
        let slot = Slot::REPEAT_HANDLE_MS;
        self.push_histogram(Figure::HandleTimeRepeats, key, counts, slot);
    }

    fn is_phone(&self, key: &Key) -> bool {
        let readings = &self.figures.settings.readings;
        let reading = key.reading.map(|place| &readings.list[usize::from(place)]);
        reading.is_some_and(|reading| readings.scopes[reading.scope].name == "phone")
    }

    /// Of the cell that counts all: a row for each channel that could follow.
    fn of_followed(&mut self, key: &Key, counts: &Counts) {
        if key.channel.is_some() {
            return;
        }
        for channel in Channel::ALL {
            if !self.is_in_scope(key, *channel) {
                continue;
            }
            let key = Key {
                channel: Some(*channel),
                ..key.clone()
            };
            let followed = self.cells.get(&key);
            let followed = followed.map_or(0, |counts| counts.get(Slot::PART));
            let said = Said::share(followed, counts.get(Slot::ALL));
            self.push(
                Figure::Followed,
                &key,
                said.unless(counts.get(Slot::WAITING)),
            );
        }
    }

    fn is_in_scope(&self, key: &Key, channel: Channel) -> bool {
        let readings = &self.figures.settings.readings;
        let reading = key.reading.map(|place| &readings.list[usize::from(place)]);
        reading.is_none_or(|reading| readings.scopes[reading.scope].channels.contains(channel))
    }

    /// How many had come back by each day that is seen.
    fn of_age(&mut self, key: &Key, origins: i128) {
        let seen = self.today.saturating_sub(key.day).min(AGE_DAYS_MAX);
        let mut returned = 0;
        for age_days in 0..=seen {
            let key = Key {
                age_days: u8::try_from(age_days).ok(),
                ..key.clone()
            };
            let cell = self.cells.get(&key);
            returned += cell.map_or(0, |counts| counts.get(Slot::PART));
            let is_running = i128::from(self.today == key.day + age_days);
            let said = Said::share(returned, origins).unless(is_running);
            self.push(Figure::ReturnedByAge, &key, said);
        }
    }

    /// A row only if it is of something.
    fn push_some(&mut self, figure: Figure, key: &Key, said: Said) {
        if said.denominator.is_none_or(|denominator| denominator > 0) {
            self.push(figure, key, said);
        }
    }

    fn push_histogram(&mut self, figure: Figure, key: &Key, counts: &Counts, slot: Slot) {
        let number = |count: i128| u64::try_from(count).unwrap_or(0);
        let buckets = slot.buckets();
        let buckets = buckets.map(|(bucket, slot)| (bucket, number(counts.get(slot))));
        let buckets: Vec<(u8, u64)> = buckets.filter(|(_, count)| *count > 0).collect();
        let all: u64 = buckets.iter().map(|(_, count)| count).sum();
        if all > 0 {
            let said = Said::share(counts.get(slot), all.into());
            self.push(figure, key, said);
            self.rows.iter_mut().last().into_iter().for_each(|row| {
                row.buckets.clone_from(&buckets);
            });
        }
    }

    fn push(&mut self, figure: Figure, key: &Key, said: Said) {
        // The channel of the contacts that the date is of.
        let channel = match key.group {
            Group::Followed => key.from_channel,
            Group::Contact
            | Group::Readings
            | Group::Volume
            | Group::Reading
            | Group::Age
            | Group::Caused
            | Group::Avoidable
            | Group::Session
            | Group::Customer
            | Group::Entry => key.channel,
        };
        let coverage = self.coverage.share(key.day, key.hour, |one| {
            channel.map_or_else(|| self.is_in_scope(key, one), |channel| channel == one)
        });
        let denominator = said.denominator;
        self.rows.push(FigureRow {
            day: key.day,
            hour: key.hour,
            figure,
            rule: key.rule.clone(),
            reading: key.reading,
            from_channel: key.from_channel,
            channel: key.channel,
            segment: key.segment.clone(),
            age_days: key.age_days,
            numerator: said.numerator,
            denominator: denominator.map(|number| u64::try_from(number).unwrap_or(0)),
            buckets: Vec::new(),
            matured: said.matured,
            coverage,
        });
    }
}
