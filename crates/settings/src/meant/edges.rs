//! What the edges take: Kafka, HTTP, the dimensions of figures.

use super::{Check, is_plain_name};
use crate::keys::dotted;
use crate::nearest::did_you_mean;
use figures::{DIMENSIONS, Dimension, Family};
use model::Text;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Topics of ours.
const OUTPUTS: &[&str] = &[
    "contacts",
    "verdicts",
    "sessions",
    "alerts",
    "journeys",
    "figures",
    "samples",
    "markers",
    "dead_letters",
    "by_contact",
    "by_handle",
    "by_customer",
    "changelog.door",
    "changelog.contacts",
    "changelog.handles",
    "changelog.customers",
];

/// Families of dimensions at most: each counts every contact once more.
const FAMILIES_MAX: usize = 50;

/// The formats of source topics.
const FORMATS: &[&str] = &["canonical-avro", "canonical-json"];

/// The service's side of Kafka.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kafka {
    /// Brokers to ask first, `host:port` separated by commas.
    pub bootstrap_servers: String,
    /// Prefix of topics, groups and transactional ids.
    pub application_id: String,
    /// Name of this process; `None`: the host's name.
    pub instance: Option<String>,
    /// The Schema Registry; without one, outputs are JSON.
    pub registry_url: Option<String>,
    /// Settings of librdkafka by their names; some of them are secrets.
    pub config: BTreeMap<String, String>,
    /// The topics that are read.
    pub topics: Vec<Topic>,
}

/// A topic that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Source of records that name none.
    pub source: Text,
    /// How its records are written: `canonical-avro`, `canonical-json`, or a platform's format.
    pub format: String,
}

/// The service's HTTP side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Where it listens.
    pub listen: SocketAddr,
    /// File with the tokens that let users in.
    pub token_file: Option<PathBuf>,
    /// Header in which a proxy in front names the user.
    pub proxy_header: Option<String>,
}

/// Families of a configuration that names none.
const FAMILIES: [&str; 3] = ["reason", "page", "team"];
/// Values of each of them.
const VALUES_MAX: usize = 100;

/// Reads `[[figures.segments]]`.
pub(super) fn families(check: &mut Check<'_>) -> Vec<Family> {
    let Some(segments) = &check.typed.figures.segments else {
        let families = FAMILIES.into_iter().filter_map(Dimension::named);
        let families = families.map(|dimension| Family {
            dimensions: vec![dimension],
            values_max: VALUES_MAX,
        });
        return families.collect();
    };
    if segments.len() > FAMILIES_MAX {
        let what = format!("found {}; allowed: at most {FAMILIES_MAX}", segments.len());
        check.wrong("figures.segments", what);
    }
    let mut families = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let key = format!("figures.segments[{}].keys", index + 1);
        if segment.keys.is_empty() || segment.keys.len() > 3 {
            let found = segment.keys.len();
            check.wrong(&key, format!("found {found} dimensions; allowed: 1 to 3"));
        }
        let mut dimensions = Vec::new();
        for name in &segment.keys {
            match Dimension::named(name) {
                Some(dimension) if dimensions.contains(&dimension) => {
                    check.wrong(&key, format!("`{name}` stands there twice"));
                }
                Some(dimension) => dimensions.push(dimension),
                None => {
                    let near = did_you_mean(name, DIMENSIONS.iter().copied());
                    let allowed = DIMENSIONS.join(", ");
                    check.wrong(
                        &key,
                        format!(
                            "`{name}` is no dimension; allowed: {allowed}, attributes.NAME{near}"
                        ),
                    );
                }
            }
        }
        families.push(Family {
            dimensions,
            values_max: segment.values_max,
        });
    }
    families
}

/// Reads `[kafka]`.
pub(super) fn kafka(check: &mut Check<'_>) -> Kafka {
    let typed = &check.typed.kafka;
    for server in typed.bootstrap_servers.split(',') {
        let port = server
            .trim()
            .rsplit_once(':')
            .filter(|(host, _)| !host.is_empty());
        if !port.is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0)) {
            let what = format!(
                "found `{}`; allowed: host:port, separated by commas",
                server.trim()
            );
            check.wrong("kafka.bootstrap_servers", what);
        }
    }
    let names = [
        ("application_id", Some(&typed.application_id)),
        ("instance", typed.instance.as_ref()),
    ];
    for (key, name) in names {
        if let Some(name) = name
            && !is_plain_name(name, 100)
        {
            let what =
                format!("found `{name}`; allowed: letters, digits, `.`, `_`, `-`, at most 100");
            check.wrong(&format!("kafka.{key}"), what);
        }
    }
    if let Some(url) = &typed.registry_url
        && !["http://", "https://"]
            .iter()
            .any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
    {
        let what = format!("found `{url}`; allowed: a URL that begins with http:// or https://");
        check.wrong("kafka.registry_url", what);
    }
    let format = if typed.registry_url.is_some() {
        "canonical-avro"
    } else {
        "canonical-json"
    };
    let mut topics = Vec::new();
    for (name, topic) in &typed.topics.0 {
        let key = dotted("kafka.topics", name);
        if !is_plain_name(name, 249) {
            let what = "allowed: a topic's name of letters, digits, `.`, `_`, `-`".to_string();
            check.wrong(&key, what);
        }
        let own = name
            .strip_prefix(&typed.application_id)
            .and_then(|rest| rest.strip_prefix('.'));
        if own.is_some_and(|table| OUTPUTS.contains(&table)) {
            check.wrong(&key, "is one of our own topics".into());
        }
        if let Some(format) = &topic.format
            && !FORMATS.contains(&format.as_str())
        {
            let near = did_you_mean(format, FORMATS.iter().copied());
            let what = format!("found `{format}`; allowed: {}{near}", FORMATS.join(", "));
            check.wrong(&format!("{key}.format"), what);
        }
        topics.push(Topic {
            name: name.clone(),
            source: topic.source.as_deref().unwrap_or("default").into(),
            format: topic.format.as_deref().unwrap_or(format).to_owned(),
        });
    }
    let bootstrap_servers = typed.bootstrap_servers.split(',').map(str::trim);
    Kafka {
        bootstrap_servers: bootstrap_servers.collect::<Vec<_>>().join(","),
        application_id: typed.application_id.clone(),
        instance: typed.instance.clone(),
        registry_url: typed.registry_url.clone(),
        config: typed
            .config
            .0
            .iter()
            // librdkafka's names have dots, where names of the environment have underscores.
            .map(|(name, value)| (name.replace('_', "."), value.clone()))
            .collect(),
        topics,
    }
}

/// Reads `[http]`.
pub(super) fn http(check: &mut Check<'_>) -> Option<Http> {
    let typed = &check.typed.http;
    if let Some(header) = &typed.proxy_header
        && !header
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        let what = format!("found `{header}`; allowed: a header's name such as X-Remote-User");
        check.wrong("http.proxy_header", what);
    }
    if typed.listen.is_empty() {
        return None;
    }
    let Ok(mut listen) = typed
        .listen
        .replacen("localhost:", "127.0.0.1:", 1)
        .parse::<SocketAddr>()
    else {
        let what = format!(
            "found `{}`; allowed: address:port such as 127.0.0.1:8080, or empty",
            typed.listen
        );
        check.wrong("http.listen", what);
        return None;
    };
    let open = typed.token_file.is_some() || typed.proxy_header.is_some();
    if !listen.ip().is_loopback() && !open {
        check.note(format!(
            "http listens on this machine's own address only, not on {listen}: there is neither \
             http.token_file nor http.proxy_header"
        ));
        let own = if listen.is_ipv4() { "127.0.0.1" } else { "::1" };
        listen.set_ip(own.parse().expect("it is an address"));
    }
    Some(Http {
        listen,
        token_file: typed
            .token_file
            .as_ref()
            .map(|file| check.folder.join(file)),
        proxy_header: typed.proxy_header.clone(),
    })
}
