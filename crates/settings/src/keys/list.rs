//! The list itself, in the order of the documentation.

use super::{Key, Kind, LeftOut};
use LeftOut::{Is, Required, Told};
use calendar::DAY_MS;

const SECOND_MS: i64 = 1_000;

pub(super) const CHANNELS: &[&str] = &["phone", "chat", "email", "video", "web"];
const OUTCOMES: &[&str] = &[
    "handled",
    "abandoned",
    "short",
    "contained",
    "unanswered",
    "failed",
];
const INITIATIONS: &[&str] = &["customer", "brand", "scheduled", "transfer"];
const DIRECTIONS: &[&str] = &["inbound", "outbound"];
const WEEKDAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const TEXTS: Kind = Kind::List(&Kind::Text);
const CHANNEL_LIST: Kind = Kind::List(&Kind::Word(CHANNELS));

const fn upto(max_ms: i64) -> Kind {
    Kind::Duration { min_ms: 0, max_ms }
}

const fn key(
    path: &'static str,
    kind: Kind,
    default: LeftOut,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key {
        path,
        kind,
        default,
        example,
        doc,
    }
}

/// Every key that a configuration can have.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    key("tenant", Kind::Text, Required, r#""acme""#,
        "The brand. Part of every key and alert id; letters, digits, `.`, `_` and `-`, at most 64. Events of another tenant are rejected."),
    key("time_zone", Kind::Text, Required, r#""Europe/Paris""#,
        "IANA name of the zone in which the days of the centre begin."),
    key("country", Kind::Text, Told("none: only numbers with a country code are read as phone numbers"), r#""FR""#,
        "ISO 3166 code of the country that reads national phone numbers."),
    key("week", Kind::List(&Kind::Word(WEEKDAYS)), Is(r#"["mon", "tue", "wed", "thu", "fri"]"#), r#"["mon", "tue", "wed", "thu", "fri", "sat"]"#,
        "Days of the week that are worked, at least one."),
    key("holidays", Kind::List(&Kind::Date), Is("[]"), r#"["2026-12-25"]"#,
        "Dates that are not worked."),
    key("language", Kind::Word(&["en", "fr"]), Is(r#""en""#), r#""fr""#,
        "Language of the live page and of the titles of rules."),
    key("currency", Kind::Text, Is(r#""EUR""#), r#""EUR""#,
        "ISO 4217 code of the currency of all costs: three capital letters."),
    key("contact_link", Kind::Text, Told("none: alerts carry no link"), r#""https://crm.example/contacts/{contact_id}""#,
        "Template of the link to a contact on its platform. `{contact_id}`, `{root_contact_id}`, `{channel}` and `{source}` are replaced, percent-encoded."),
    key("rules", TEXTS, Is("[]"), r#"["rules/*.toml"]"#,
        "Files of journey rules, as globs relative to this file (`*` stops at `/`, `**` does not). Added to the built-in rules; a rule of the same name replaces one."),
    key("headline", Kind::Text, Told("`j+7 assisted any` if it is evaluated, else the first window and scope, `any`"), r#""j+7 assisted any""#,
        "The reading of the sessions table and of the headline figures: `window scope mode`. It must be one of the readings."),
    key("readings", TEXTS, Told("all windows × scopes × modes"), r#"["j+7 assisted any", "24h all same"]"#,
        "All readings that are evaluated and written, in this order; each `window scope mode`, mode `any` or `same`."),
    key("reason_depth", Kind::Integer { min: 1, max: 32 }, Told("all levels"), "2",
        "Levels of the reason path that mode `same` compares."),
    key("page_reason_within", upto(7 * DAY_MS), Is(r#""1h""#), r#""1h""#,
        "A visit that ended at most this long before a contact without reason lends it that of its last step."),
    key("mail_grace", upto(7 * DAY_MS), Is(r#""1h""#), r#""1h""#,
        "A mail received this long after an answer belongs to the mail answered (a thanks) and is no contact."),
    key("reach", upto(400 * DAY_MS), Is(r#""30d""#), r#""30d""#,
        "A login, link, unlink or second owner acts on contacts that start at most this long before it."),
    key("future_drift_max", upto(DAY_MS), Is(r#""10min""#), r#""10min""#,
        "How much later than its Kafka timestamp (in a file: than the start of the run) an event may say it happened; beyond, it is rejected as `impossible_clock`."),
    key("contacts_per_customer_max", Kind::Integer { min: 1, max: 1_000_000 }, Is("10000"), "10000",
        "A customer with more contacts keeps the newest; its rows say `capped`."),

    key("windows.NAME.rolling", Kind::Duration { min_ms: 1, max_ms: 400 * DAY_MS }, Told("one of the three lengths is required"), r#""24h""#,
        "At most that long after the anchor, bound included."),
    key("windows.NAME.calendar_days", Kind::Integer { min: 0, max: 400 }, Told("one of the three lengths is required"), "7",
        "Until the end of the x-th local day after the anchor's; 0: the same day."),
    key("windows.NAME.business_days", Kind::Integer { min: 0, max: 300 }, Told("one of the three lengths is required"), "2",
        "Until the x-th working day after the anchor's day is over, and the days off after it."),
    key("windows.NAME.from", Kind::Word(&["end", "start"]), Is(r#""end""#), r#""start""#,
        "The anchor: the instant of the earlier contact that the window is measured from."),

    key("scopes.NAME", CHANNEL_LIST, Told("`assisted` (phone, chat, email, video), `all` (with web), `phone`"), r#"["chat", "email"]"#,
        "The channels that a reading of this scope looks at."),

    key("roles[].channel", Kind::Word(CHANNELS), Told("every channel"), r#""phone""#,
        "Matches contacts of this channel."),
    key("roles[].outcome", Kind::Word(OUTCOMES), Told("every outcome, an unknown one too"), r#""short""#,
        "Matches contacts with this outcome; never one that is unknown."),
    key("roles[].initiation", Kind::Word(INITIATIONS), Told("every initiation"), r#""scheduled""#,
        "Matches contacts with this initiation."),
    key("roles[].direction", Kind::Word(DIRECTIONS), Told("both"), r#""inbound""#,
        "Matches contacts of this direction."),
    key("roles[].prior", Kind::Word(&["answered", "abandoned", "none"]), Is(r#""none""#), r#""none""#,
        "How a contact that matches counts as the earlier one: `answered` makes later ones repeats, `abandoned` retries."),
    key("roles[].follower", Kind::Bool, Is("false"), "false",
        "Whether it counts as coming back."),
    key("roles[].origin", Kind::Bool, Is("false"), "false",
        "Whether it could have settled the matter at once."),

    key("visits.inactivity", Kind::Duration { min_ms: SECOND_MS, max_ms: 7 * DAY_MS }, Is(r#""30min""#), r#""30min""#,
        "Silence that separates two visits of a device, and after which a visit has ended."),
    key("visits.assistance", Kind::Bool, Is("true"), "true",
        "A visit during a call, chat or video chat of the same customer is no follower; false: it keeps its roles."),
    key("visits.count_steps", TEXTS, Is(r#"["help", "contact", "account", "failed"]"#), r#"["*"]"#,
        "Steps, or step statuses (`started`, `failed`, `completed`), that make a visit count; `*`: every visit counts."),

    key("channels.CHANNEL.silence", Kind::Duration { min_ms: SECOND_MS, max_ms: 90 * DAY_MS }, Told("phone `4h`, chat and video `2h`, email `7d`; web uses `visits.inactivity`"), r#""2h""#,
        "Silence after which a contact that nobody closed has ended, at its last event. For email: after the last answer; without an answer it is 30 days."),
    key("channels.CHANNEL.short_below", upto(DAY_MS), Is(r#""0s""#), r#""5s""#,
        "A contact shorter than this whose outcome had to be inferred is `short`. Not for email and web."),
    key("channels.CHANNEL.answer_within", upto(31 * DAY_MS), Told("chat and video `15s`, phone `20s`; email and web none"), r#""15s""#,
        "Threshold of the figure *share answered within*."),

    key("sources.SOURCE.lateness", upto(31 * DAY_MS), Is(r#""5min""#), r#""5min""#,
        "How long a final verdict waits for events of this source."),
    key("sources.SOURCE.acceptance", Kind::Duration { min_ms: SECOND_MS, max_ms: 400 * DAY_MS }, Is(r#""31d""#), r#""31d""#,
        "An event older than its own partition's clock by more than this is `too_late`."),
    key("sources.SOURCE.silence_max", Kind::Duration { min_ms: SECOND_MS, max_ms: 31 * DAY_MS }, Is(r#""20min""#), r#""20min""#,
        "Silence in working hours beyond which `SourceSilent` is raised."),
    key("sources.SOURCE.brings", TEXTS, Told("everything"), r#"["phone"]"#,
        "Channels, and names of signals, that can come from it; what waits for something else does not wait for this source."),
    key("sources.SOURCE.rank", Kind::Integer { min: -1_000, max: 1_000 }, Is("0"), "10",
        "Of two statements with equal update times that of the higher rank holds."),
    key("sources.SOURCE.join_legs_within", upto(DAY_MS), Is(r#""0s""#), r#""30s""#,
        "Contacts of one customer and channel this close to each other are legs of one; `0s`: never joined by time."),

    key("costs.CHANNEL.fixed", Kind::Number { max: 1e6 }, Is("0.0"), "0.40",
        "Cost of every contact, in the currency."),
    key("costs.CHANNEL.per_minute", Kind::Number { max: 1e6 }, Is("0.0"), "0.85",
        "Cost of every minute of handling, in the currency."),

    key("identity.unique", TEXTS, Is(r#"["customer_id"]"#), r#"["customer_id"]"#,
        "Types of identifiers that name one customer; the first that a contact states decides. At least one."),
    key("identity.handles", TEXTS, Told("`loyalty`, `email`, `phone`, `device`, less what is unique"), r#"["loyalty", "email", "phone", "device"]"#,
        "Types of identifiers that can be shared, the first that a contact states decides; `device` comes last whatever its place."),
    key("identity.contacts_per_day_max", Kind::Integer { min: 0, max: 1_000_000 }, Is("30"), "30",
        "An identifier that more contacts carry on one local date means too many people for 30 days more; 0: no limit."),
    key("identity.link_life.TYPE", upto(4_000 * DAY_MS), Told("`device` `30d`, `default` (all other types) `400d`"), r#""30d""#,
        "How long after it was seen with a customer a handle of this type is taken to be his."),
    key("identity.block", TEXTS, Is("[]"), r#"["+33 1 99 00 00 00"]"#,
        "Values that mean nobody, such as the brand's own numbers; compared after the same normalisation as identifiers."),
    key("identity.secret_file", Kind::Text, Told("none: `replay` and `demo` draw a secret, `run` refuses"), r#""/run/secrets/ricochet""#,
        "File with the secret that hashes identifiers, relative to this file; its form is told below."),
    key("identity.pseudonymise", Kind::Bool, Is("true"), "true",
        "False: identifiers stay as they are, for replays on one's own machine; `run` refuses."),

    key("policies[].name", Kind::Text, Told("`policy-` and its place in the list, from 1"), r#""third-in-seven-days""#,
        "Its name, unique; part of the alerts' ids."),
    key("policies[].version", Kind::Integer { min: 1, max: 1_000_000 }, Is("1"), "1",
        "To be raised when its meaning changes; part of the alerts' ids."),
    key("policies[].reading", Kind::Text, Told("the headline"), r#""j+7 assisted any""#,
        "The reading whose count it looks at, one of the readings."),
    key("policies[].count_min", Kind::Integer { min: 1, max: 10_000 }, Is("3"), "3",
        "Least count: 3 is the third contact inside the window. A repeat has at least 2, so 1 means 2."),
    key("policies[].cool_down", upto(400 * DAY_MS), Is(r#""24h""#), r#""24h""#,
        "No second alert of the same customer and policy this long after a standing one; `0s`: no suppression."),
    key("policies[].channels", TEXTS, Told("every channel"), r#"["phone", "chat"]"#,
        "Channels, or scopes, of the contact that raises it."),
    key("policies[].reasons", TEXTS, Told("every reason, an unknown one too"), r#"["billing"]"#,
        "Reasons of the contact that raises it, each with what lies below."),
    key("policies[].tiers", TEXTS, Told("every tier"), r#"["gold"]"#,
        "Tiers of the customer."),

    key("tables.reasons", Kind::Codes { columns: &[("source", false), ("code", true), ("reason", true)] }, Told("none"), r#""tables/reasons.csv""#,
        "Maps the codes of a source to the tenant's reason paths."),
    key("tables.queues", Kind::Codes { columns: &[("source", false), ("queue", true), ("reason", true)] }, Told("none"), r#""tables/queues.csv""#,
        "Maps queues to reason paths."),
    key("tables.steps", Kind::Codes { columns: &[("url", false), ("event", false), ("step", false), ("status", false), ("reason", false), ("page", false)] }, Told("none"), r#""tables/steps.csv""#,
        "Maps URLs (globs), or page names and kinds, to service steps, reasons and page names."),
    key("tables.dispositions", Kind::Codes { columns: &[("source", false), ("code", true), ("disposition", true)] }, Told("none"), r#""tables/dispositions.csv""#,
        "Maps the codes of a source to dispositions such as `sent_to_web`."),
    key("tables.automatic_senders", Kind::Codes { columns: &[("sender", true)] }, Told("none"), r#"["noreply@*"]"#,
        "Globs over mail addresses whose mails are automatic."),

    key("import.NAME.match", Kind::Text, Is(r#""*""#), r#""acd-*.csv""#,
        "Glob over the names of input files; the first import that matches a file is used."),
    key("import.NAME.separator", Kind::Text, Is(r#"",""#), r#"";""#,
        "What separates the columns of CSV: one ASCII character that is no quote, or `tab`."),
    key("import.NAME.encoding", Kind::Text, Is(r#""utf-8""#), r#""windows-1252""#,
        "WHATWG name of the encoding."),
    key("import.NAME.time_zone", Kind::Text, Told("the tenant's `time_zone`"), r#""Europe/Paris""#,
        "Zone of times without an offset."),
    key("import.NAME.time_format", Kind::Text, Told("RFC 3339, or epoch milliseconds"), r#""%d/%m/%Y %H:%M:%S""#,
        "How times are written, in the letters of `strftime`."),
    key("import.NAME.channel", Kind::Word(CHANNELS), Told("a column says it"), r#""phone""#,
        "Channel of every row."),
    key("import.NAME.source", Kind::Text, Told("a column says it, else `default`"), r#""acd""#,
        "Source of every row."),
    key("import.NAME.kind", Kind::Text, Told("a column says it"), r#""contact""#,
        "Kind of every row."),
    key("import.NAME.columns.COLUMN", Kind::Text, Told("its name, where that is canonical"), r#""started_at""#,
        "The canonical field, or type of identifier, that a column of the file holds."),
    key("import.NAME.values.FIELD.VALUE", Kind::TextOrEmpty, Told("the value itself"), r#""handled""#,
        "What a value of the file means in the canonical field; empty: no value."),

    key("figures.topics", Kind::Bool, Is("true"), "false",
        "Whether `run` tells the topics `figures` and `samples`. Without them the customers stage needs much less time; a `replay` has the tables all the same."),
    key("figures.segments[].keys", TEXTS, Required, r#"["reason", "team"]"#,
        "One to three dimensions by which figures are broken down together: `channel`, `source`, `medium`, `direction`, `initiation`, `outcome`, `reason`, `queue`, `agent`, `team`, `site`, `tier`, `party`, `page`, `step`, `disposition`, `identified_by`, `rank`, `entry_channel`, `origin_channel`, `attributes.NAME`."),
    key("figures.segments[].values_max", Kind::Integer { min: 1, max: 10_000 }, Is("100"), "100",
        "Distinct values, or combinations of them, that are shown: those with most contacts. The rest counts as `other`."),

    key("kafka.bootstrap_servers", Kind::Text, Is(r#""localhost:9092""#), r#""kafka-1:9092,kafka-2:9092""#,
        "Brokers to ask first: `host:port`, separated by commas."),
    key("kafka.application_id", Kind::Text, Is(r#""ricochet""#), r#""ricochet""#,
        "Prefix of topics, consumer groups and transactional ids; letters, digits, `.`, `_` and `-`."),
    key("kafka.instance", Kind::Text, Told("the host name"), r#""a""#,
        "Name of this process among those of the application; two on one host need two."),
    key("kafka.registry_url", Kind::Text, Told("none: outputs are JSON"), r#""http://localhost:8081""#,
        "The Schema Registry."),
    key("kafka.config.NAME", Kind::Text, Told("none"), r#""SSL""#,
        "A setting of librdkafka by its name, such as `\"security.protocol\"`, always a text. Those that decide whether a record is lost or counted twice are refused."),
    key("kafka.topics.TOPIC.source", Kind::Text, Told("`default`"), r#""ivr""#,
        "Source of records of this topic that name none."),
    key("kafka.topics.TOPIC.format", Kind::Text, Told("`canonical-avro` with a registry, else `canonical-json`"), r#""canonical-avro""#,
        "How its records are written: `canonical-avro` or `canonical-json`."),

    key("http.listen", Kind::TextOrEmpty, Is(r#""127.0.0.1:8080""#), r#""127.0.0.1:8080""#,
        "Address and port of the live page, the API and the metrics; empty: no HTTP. Without `token_file` or `proxy_header` only this machine's own address is listened on."),
    key("http.token_file", Kind::Text, Told("none"), r#""/run/secrets/ricochet-token""#,
        "File with the tokens that let users in, relative to this file."),
    key("http.proxy_header", Kind::Text, Told("none"), r#""X-Remote-User""#,
        "Header in which a proxy in front names the user."),
];
