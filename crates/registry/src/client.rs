//! The registry's REST interface. Every call waits for the answer.

use crate::RegistryError;
use crate::address::{self, Address};
use apache_avro::Schema;
use apache_avro::error::CompatibilityError;
use apache_avro::schema_compatibility::SchemaCompatibility;
use rustls::crypto::ring;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Request, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};

/// Longest time for a connection, and for an answer with all its bytes.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Longer answers are refused, bytes.
const ANSWER_BYTES_MAX: u64 = 4 << 20;
/// More schemas than this are not followed from one to what it refers to.
const REFERENCES_MAX: usize = 64;

const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// Speaks to a registry: any of its nodes, the one that answered last first.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    nodes: Vec<Address>,
    /// The node that answered last.
    node: AtomicUsize,
}

/// A schema as the registry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its text.
    pub text: String,
    /// `AVRO`, or another language that is not read here.
    pub language: String,
    /// Texts of the schemas that it refers to; each stands behind those that it refers to itself.
    pub references: Vec<String>,
}

/// A schema in the registry's answers.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    schema: String,
    #[serde(default, rename = "schemaType")]
    language: Option<String>,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default)]
    id: Option<u32>,
    #[serde(default)]
    version: Option<u32>,
}

/// Where a schema that is referred to stands.
#[derive(Clone, PartialEq, Eq, Deserialize)]
struct Reference {
    subject: String,
    version: u32,
}

/// How the registry says what is wrong.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    error_code: u32,
    message: String,
}

impl Client {
    /// A client of the registry at a URL, which may state a user (`http://user:password@host`), or
    /// at one of several separated by commas. Nothing is sent yet. Certificates are those that this
    /// system trusts.
    ///
    /// # Errors
    /// It is no URL of a registry.
    pub fn new(url: &str) -> Result<Client, RegistryError> {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_WITHIN))
            .timeout_global(Some(ANSWER_WITHIN))
            .user_agent("ricochet")
            .tls_config(tls)
            .build();
        Ok(Client {
            agent: Agent::new_with_config(config),
            nodes: address::parse(url)?,
            node: AtomicUsize::new(0),
        })
    }

    /// The schema of an id with all that it refers to.
    ///
    /// # Errors
    /// There is none, or the registry cannot be asked.
    pub fn schema(&self, id: u32) -> Result<Written, RegistryError> {
        let answer: Answer = self.get(&format!("/schemas/ids/{id}"))?;
        let mut references = Vec::new();
        let mut seen = Vec::new();
        self.follow(&answer.references, &mut seen, &mut references)?;
        Ok(Written {
            text: answer.schema,
            language: answer.language.unwrap_or_else(|| "AVRO".to_owned()),
            references,
        })
    }

    /// Adds the texts of what is referred to, each behind what it refers to itself.
    fn follow(
        &self,
        references: &[Reference],
        seen: &mut Vec<Reference>,
        texts: &mut Vec<String>,
    ) -> Result<(), RegistryError> {
        for reference in references {
            if seen.contains(reference) {
                continue;
            }
            if seen.len() == REFERENCES_MAX {
                let what = format!("a schema refers to more than {REFERENCES_MAX} others");
                return Err(RegistryError::Unknown(what));
            }
            seen.push(reference.clone());
            let (subject, version) = (escaped(&reference.subject), reference.version);
            // What was deleted is still referred to.
            let path = format!("/subjects/{subject}/versions/{version}?deleted=true");
            let answer: Answer = self.get(&path)?;
            self.follow(&answer.references, seen, texts)?;
            texts.push(answer.schema);
        }
        Ok(())
    }

    /// The id under which a subject has a schema, if it has it.
    ///
    /// # Errors
    /// The registry refuses the schema, or cannot be asked.
    pub fn find(&self, subject: &str, schema: &str) -> Result<Option<u32>, RegistryError> {
        let path = format!("/subjects/{}", escaped(subject));
        match self.post::<Answer>(&path, schema) {
            Ok(answer) => Ok(answer.id),
            Err(RegistryError::Unknown(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Adds a schema to a subject; one that it has already keeps its id.
    ///
    /// # Errors
    /// It is incompatible with those before, or refused, or the registry cannot be asked.
    pub fn register(&self, subject: &str, schema: &str) -> Result<u32, RegistryError> {
        let path = format!("/subjects/{}/versions", escaped(subject));
        let answer: Answer = match self.post(&path, schema) {
            Err(RegistryError::Refused { code: 409, message }) => {
                return Err(self.incompatible(subject, schema, message));
            }
            answer => answer?,
        };
        answer.id.ok_or_else(|| {
            let why = "it answered a registration without an id".to_owned();
            self.unreachable(self.node.load(Ordering::Relaxed), why)
        })
    }

    /// The latest schema of a subject with its version; `None`: it has none.
    ///
    /// # Errors
    /// The registry cannot be asked.
    pub fn latest(&self, subject: &str) -> Result<Option<(u32, String)>, RegistryError> {
        let path = format!("/subjects/{}/versions/latest", escaped(subject));
        match self.get::<Answer>(&path) {
            Ok(answer) => Ok(Some((answer.version.unwrap_or_default(), answer.schema))),
            Err(RegistryError::Unknown(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a subject would take a schema. One that has none takes any.
    ///
    /// # Errors
    /// It would not, or the registry refuses the schema itself, or it cannot be asked.
    pub fn check(&self, subject: &str, schema: &str) -> Result<(), RegistryError> {
        let subject_path = escaped(subject);
        let path = format!("/compatibility/subjects/{subject_path}/versions/latest?verbose=true");
        let answer: Value = match self.post(&path, schema) {
            Err(RegistryError::Unknown(_)) => return Ok(()),
            answer => answer?,
        };
        if answer["is_compatible"] == Value::Bool(true) {
            return Ok(());
        }
        let messages = answer["messages"].as_array().into_iter().flatten();
        let messages: Vec<&str> = messages.filter_map(Value::as_str).collect();
        Err(self.incompatible(subject, schema, messages.join("; ")))
    }

    /// The compatibility that a subject asks for, such as `BACKWARD` or `NONE`.
    ///
    /// # Errors
    /// The registry cannot be asked.
    pub fn compatibility(&self, subject: &str) -> Result<String, RegistryError> {
        let path = format!("/config/{}?defaultToGlobal=true", escaped(subject));
        let answer: Value = self.get(&path)?;
        let level = answer["compatibilityLevel"].as_str();
        Ok(level.unwrap_or("unknown").to_owned())
    }

    /// What is wrong with a schema, in our own words where they can be found: those of registries
    /// differ, and some say nothing.
    fn incompatible(&self, subject: &str, schema: &str, said: String) -> RegistryError {
        let latest = self.latest(subject).ok().flatten();
        let found = latest
            .as_ref()
            .and_then(|(_, text)| difference(text, schema));
        let version = latest.as_ref().map_or(0, |(version, _)| *version);
        RegistryError::Incompatible {
            subject: subject.to_owned(),
            latest: match version {
                0 => "what it has".to_owned(),
                version => format!("its version {version}"),
            },
            why: found.unwrap_or(match said {
                said if said.is_empty() => "the registry does not say why".to_owned(),
                said => said,
            }),
        }
    }

    fn get<T: for<'de> Deserialize<'de>>(&self, path: &str) -> Result<T, RegistryError> {
        self.ask(path, None)
    }

    fn post<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        schema: &str,
    ) -> Result<T, RegistryError> {
        let body = json!({ "schema": schema }).to_string();
        self.ask(path, Some(&body))
    }

    /// Asks the node that answered last, then the others.
    fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        body: Option<&str>,
    ) -> Result<T, RegistryError> {
        let first = self.node.load(Ordering::Relaxed);
        let mut last = None;
        for at in 0..self.nodes.len() {
            let node = (first + at) % self.nodes.len();
            match self.ask_node(node, path, body) {
                Err(error @ RegistryError::Unreachable { .. }) => last = Some(error),
                answer => {
                    self.node.store(node, Ordering::Relaxed);
                    return answer;
                }
            }
        }
        Err(last.expect("a registry has one node or more"))
    }

    fn ask_node<T: for<'de> Deserialize<'de>>(
        &self,
        node: usize,
        path: &str,
        body: Option<&str>,
    ) -> Result<T, RegistryError> {
        let Address {
            base,
            authorization,
        } = &self.nodes[node];
        let unreachable = |why: String| self.unreachable(node, why);
        let mut request = Request::builder()
            .uri(format!("{base}{path}"))
            .header("accept", CONTENT_TYPE);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answered = match body {
            None => {
                let request = request.body(());
                self.agent
                    .run(request.map_err(|error| unreachable(error.to_string()))?)
            }
            Some(body) => {
                let request = request.method("POST").header("content-type", CONTENT_TYPE);
                let request = request.body(body);
                self.agent
                    .run(request.map_err(|error| unreachable(error.to_string()))?)
            }
        };
        let mut response = answered.map_err(|error| unreachable(error.to_string()))?;
        let status = response.status();
        let text = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        let text = text
            .read_to_string()
            .map_err(|error| unreachable(format!("the answer could not be read: {error}")))?;
        if status.is_success() {
            return serde_json::from_str(&text).map_err(|_| {
                unreachable("the answer is not that of a schema registry".to_owned())
            });
        }
        Err(complaint(status, &text).unwrap_or_else(|| unreachable(excuse(status))))
    }

    fn unreachable(&self, node: usize, why: String) -> RegistryError {
        RegistryError::Unreachable {
            address: self.nodes[node].base.clone(),
            why,
        }
    }
}

/// What a registry says of what it was asked; `None` if that is not about the question: it is
/// busy or broken, it does not let us in, or it is something else altogether.
fn complaint(status: StatusCode, text: &str) -> Option<RegistryError> {
    let Complaint {
        error_code: code,
        message,
    } = serde_json::from_str(text).unwrap_or_default();
    match (status.as_u16(), code) {
        (404, 40_401..=40_499) => Some(RegistryError::Unknown(message)),
        (409, 0 | 409) => Some(RegistryError::Refused { code: 409, message }),
        (400 | 409 | 422, code) if code > 0 => Some(RegistryError::Refused { code, message }),
        _ => None,
    }
}

/// What a status says of a registry that did not answer the question.
fn excuse(status: StatusCode) -> String {
    match status.as_u16() {
        401 | 403 => format!("it does not let us in (HTTP {status}): user or password are wrong"),
        404 => "there is no schema registry under this path (HTTP 404)".to_owned(),
        _ => format!("it answers HTTP {status}"),
    }
}

/// Why what was written with a schema could not be read with ours.
fn difference(theirs: &str, ours: &str) -> Option<String> {
    let (theirs, ours) = (
        Schema::parse_str(theirs).ok()?,
        Schema::parse_str(ours).ok()?,
    );
    let found = SchemaCompatibility::can_read(&theirs, &ours).err()?;
    Some(in_words(&found))
}

fn in_words(error: &CompatibilityError) -> String {
    match error {
        CompatibilityError::FieldTypeMismatch(field, inner) => {
            format!("field {field}: {}", in_words(inner))
        }
        CompatibilityError::MissingDefaultValue(field) => {
            format!("field {field}: is not in it, and ours has no default")
        }
        CompatibilityError::WrongType {
            writer_schema_type,
            reader_schema_type,
        } => format!("it has {writer_schema_type}, ours has {reader_schema_type}"),
        other => other.to_string(),
    }
}

/// A subject as a part of a path.
fn escaped(subject: &str) -> String {
    let mut escaped = String::with_capacity(subject.len());
    for byte in subject.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
