//! The effective configuration in plain lines, for `ricochet check`.

use crate::duration_text;
use crate::meant::{Identifiers, Language, Meant, Source, window_text};
use model::{Brings, Channel, ChannelSet};
use rules::{Policy, RoleRow};
use stage_contacts::Settings as Contacts;
use std::fmt::Display;

/// Lines under headings.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn heading(&mut self, heading: &str) {
        self.end();
        self.0.push_str(&format!("{heading}\n"));
    }

    /// Says so where there is nothing under the last heading.
    fn end(&mut self) {
        let last = self.0.lines().last();
        if last.is_some_and(|line| !line.starts_with(' ')) {
            self.0.push_str("  none\n");
        }
    }

    fn line(&mut self, name: impl Display, value: impl Display) {
        self.0.push_str(&format!("  {name}: {value}\n"));
    }
}

impl Meant {
    /// What holds after all layers, in plain lines with headings. Holds no secret and no value of
    /// an identifier.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut lines = Lines::default();
        self.describe_tenant(&mut lines);
        self.describe_readings(&mut lines);
        describe_contacts(&mut lines, &self.contacts, self.answer_within_ms);
        self.describe_customers(&mut lines);
        lines.heading("sources");
        for source in &self.sources.named {
            lines.line(&source.name, source_text(source));
        }
        lines.line("all others", source_text(&self.sources.rest));
        self.describe_identity(&mut lines);
        self.describe_files(&mut lines);
        self.describe_service(&mut lines);
        lines.end();
        if !self.notes.is_empty() {
            lines.heading("notes");
            for note in &self.notes {
                lines.0.push_str(&format!("  {note}\n"));
            }
        }
        lines.0
    }

    fn describe_tenant(&self, lines: &mut Lines) {
        lines.heading("tenant");
        lines.line("name", &self.tenant);
        lines.line("time zone", &self.time_zone);
        lines.line(
            "country",
            self.door(Vec::new).country.as_deref().unwrap_or("none"),
        );
        lines.line("currency", &self.currency);
        let language = match self.language {
            Language::English => "en",
            Language::French => "fr",
        };
        lines.line("language", language);
        let link = self
            .contact_link
            .as_ref()
            .map_or("none", |link| link.template());
        lines.line("link to a contact", link);
    }

    fn describe_readings(&self, lines: &mut Lines) {
        let settings = &self.customers;
        let readings = &settings.readings;
        lines.heading("windows");
        for (name, window) in readings.windows.iter().zip(&settings.windows) {
            lines.line(name, window_text(window));
        }
        lines.heading("scopes");
        for scope in &readings.scopes {
            lines.line(&scope.name, channels_text(scope.channels));
        }
        lines.heading("readings");
        for (place, reading) in readings.list.iter().enumerate() {
            let headline = if place == readings.headline {
                " (headline)"
            } else {
                ""
            };
            lines.0.push_str(&format!("  {}{headline}\n", reading.name));
        }
        let depth = match readings.reason_depth {
            usize::MAX => "all".to_owned(),
            depth => depth.to_string(),
        };
        lines.line("levels of the reason compared", depth);
        lines.heading("policies");
        for policy in &settings.policies {
            let reading = &readings.list[policy.reading].name;
            lines.line(&policy.name, policy_text(policy, reading));
        }
    }

    fn describe_customers(&self, lines: &mut Lines) {
        let settings = &self.customers;
        lines.heading("roles before the built-in table");
        for (place, row) in settings.roles.rows.iter().enumerate() {
            lines.line(place + 1, role_text(row));
        }
        lines.heading("customers");
        lines.line("a visit during a call is assistance", settings.assistance);
        lines.line(
            "a visit lends its reason for",
            duration_text(settings.page_reason_within_ms),
        );
        lines.line(
            "contacts kept per customer",
            settings.contacts_per_customer_max,
        );
        lines.line("a login reaches back", duration_text(self.handles.reach_ms));
        lines.line("kept after the anchor", duration_text(self.retention_ms));
        lines.heading("costs");
        for (channel, cost) in Channel::ALL.iter().zip(settings.costs) {
            if let Some(cost) = cost {
                let (fixed, per_minute) = (cost.fixed.units(), cost.per_minute.units());
                lines.line(channel.name(), format!("{fixed} + {per_minute} a minute"));
            }
        }
    }

    fn describe_identity(&self, lines: &mut Lines) {
        lines.heading("identity");
        lines.line("unique", self.contacts.unique.join(", "));
        lines.line("handles", self.contacts.handles.join(", "));
        for (kind, life_ms) in &self.handles.link_life_ms {
            lines.line(format!("life of a {kind}"), duration_text(*life_ms));
        }
        lines.line(
            "life of other handles",
            duration_text(self.handles.link_life_default_ms),
        );
        let limit = match self.handles.contacts_per_day_max {
            0 => "no limit".to_owned(),
            limit => limit.to_string(),
        };
        lines.line("contacts a day that an identifier may have", limit);
        let door = self.door(Vec::new);
        lines.line("values that mean nobody", door.block.len());
        let identifiers = match &self.identifiers {
            Identifiers::Plain => "as they are".to_owned(),
            Identifiers::Drawn => "hashed with a secret drawn at the start".to_owned(),
            Identifiers::FromFile { path, secret } => {
                format!(
                    "hashed with version {} of {}",
                    secret.version,
                    path.display()
                )
            }
        };
        lines.line("identifiers are", identifiers);
        lines.line(
            "events from the future beyond",
            duration_text(door.future_drift_ms),
        );
    }

    fn describe_files(&self, lines: &mut Lines) {
        let tables = self.door(Vec::new).tables;
        lines.heading("tables");
        lines.line("reasons", tables.reasons.len());
        lines.line("queues", tables.queues.len());
        lines.line("steps", tables.steps.len());
        lines.line("dispositions", tables.dispositions.len());
        lines.line("automatic senders", tables.automatic_senders.len());
        lines.heading("files of rules");
        for path in &self.rules {
            lines.0.push_str(&format!("  {}\n", path.display()));
        }
        lines.heading("journey rules");
        for rule in self.customers.rules.rules() {
            let from = if rule.built_in {
                "built in"
            } else {
                "your own"
            };
            let runs_out = if rule.former { ", runs out" } else { "" };
            let version = rule.version;
            lines.line(&rule.name, format!("version {version}, {from}{runs_out}"));
        }
        lines.heading("imports");
        for import in &self.imports {
            let columns = import.columns.len();
            lines.line(
                &import.name,
                format!("{}, {columns} columns named", import.matches),
            );
        }
        lines.heading("segments of figures");
        if !self.tells_figures {
            lines.line("topics", "off: `run` tells no figures and no samples");
        }
        for family in &self.families {
            let names = family.dimensions.iter().map(ToString::to_string);
            lines.line(
                names.collect::<Vec<_>>().join(", "),
                format!("at most {} values", family.values_max),
            );
        }
    }

    fn describe_service(&self, lines: &mut Lines) {
        let kafka = &self.kafka;
        lines.heading("kafka");
        lines.line("brokers", &kafka.bootstrap_servers);
        lines.line("application", &kafka.application_id);
        lines.line(
            "instance",
            kafka.instance.as_deref().unwrap_or("the host name"),
        );
        lines.line(
            "registry",
            kafka
                .registry_url
                .as_deref()
                .unwrap_or("none, outputs are JSON"),
        );
        if !kafka.config.is_empty() {
            // Some of the values are secrets.
            let names: Vec<&str> = kafka.config.keys().map(String::as_str).collect();
            lines.line("client settings", names.join(", "));
        }
        for topic in &kafka.topics {
            let text = format!("source {}, {}", topic.source, topic.format);
            lines.line(format!("topic {}", topic.name), text);
        }
        lines.heading("http");
        match &self.http {
            Some(http) => lines.line("listens on", http.listen),
            None => lines.line("listens on", "nothing"),
        }
    }
}

fn describe_contacts(lines: &mut Lines, settings: &Contacts, answer_ms: [Option<i64>; 5]) {
    lines.heading("channels");
    for (place, channel) in Channel::ALL.iter().enumerate() {
        let silence = duration_text(settings.silence_ms[place]);
        let mut text = format!("ends after {silence} of silence");
        if *channel == Channel::Email {
            let unanswered = duration_text(settings.unanswered_silence_ms);
            text.push_str(&format!(" ({unanswered} without an answer)"));
        }
        if settings.short_below_ms[place] > 0 {
            let short = duration_text(settings.short_below_ms[place]);
            text.push_str(&format!(", short below {short}"));
        }
        if let Some(answer_ms) = answer_ms[place] {
            text.push_str(&format!(
                ", to be answered within {}",
                duration_text(answer_ms)
            ));
        }
        lines.line(channel.name(), text);
    }
    lines.line(
        "a mail after an answer is thanks for",
        duration_text(settings.mail_grace_ms),
    );
    lines.line("visits count with", settings.count_steps.join(", "));
}

pub(crate) fn channels_text(channels: ChannelSet) -> String {
    let names = Channel::ALL
        .iter()
        .filter(|channel| channels.contains(**channel));
    names
        .map(|channel| channel.name())
        .collect::<Vec<_>>()
        .join(", ")
}

fn source_text(source: &Source) -> String {
    let mut text = format!(
        "lateness {}, acceptance {}, silent after {}, rank {}",
        duration_text(source.lateness_ms),
        duration_text(source.acceptance_ms),
        duration_text(source.silence_max_ms),
        source.rank
    );
    if source.join_legs_within_ms > 0 {
        let within = duration_text(source.join_legs_within_ms);
        text.push_str(&format!(", legs joined within {within}"));
    }
    let brings = source.brings;
    if brings != Brings::ALL {
        let signals = brings.signals().map(|signal| signal.name().to_owned());
        let channels = Some(channels_text(brings.channel_set())).filter(|text| !text.is_empty());
        let all: Vec<String> = channels.into_iter().chain(signals).collect();
        text.push_str(&format!(", brings {}", all.join(", ")));
    }
    text
}

fn policy_text(policy: &Policy, reading: &str) -> String {
    let cool_down = duration_text(policy.cool_down_ms);
    let mut text = format!(
        "version {}, count from {} in {reading}, cool-down {cool_down}",
        policy.version, policy.count_min
    );
    if policy.channels != ChannelSet::of(Channel::ALL) {
        text.push_str(&format!(", channels {}", channels_text(policy.channels)));
    }
    if !policy.reasons.is_empty() {
        text.push_str(&format!(", reasons {}", policy.reasons.join(", ")));
    }
    if !policy.tiers.is_empty() {
        text.push_str(&format!(", tiers {}", policy.tiers.join(", ")));
    }
    text
}

fn role_text(row: &RoleRow) -> String {
    let RoleRow {
        channel,
        outcome,
        initiation,
        direction,
        prior,
        follower,
        origin,
    } = row;
    let matched = [
        channel.map(|word| word.name()),
        outcome.map(|word| word.name()),
        initiation.map(|word| word.name()),
        direction.map(|word| word.name()),
    ];
    let matched: Vec<&str> = matched.into_iter().flatten().collect();
    let matched = if matched.is_empty() {
        "everything".to_owned()
    } else {
        matched.join(" ")
    };
    let prior = prior.map_or("no", |prior| prior.name());
    format!("{matched}: prior {prior}, follower {follower}, origin {origin}")
}
