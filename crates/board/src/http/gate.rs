//! Who may come in, and how often. Stands before everything that says anything of a customer.

use super::problem::Problem;
use super::rate::Rates;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What the business sees; may act on alerts.
    Supervisor,
    /// The process itself too: metrics.
    Operator,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Who {
    /// As the proxy or the user names himself; `local` on a machine that asks nobody.
    pub name: String,
    /// What he may see.
    pub role: Role,
}

/// Gives a token's role.
pub type Tokens = Arc<dyn Fn(&str) -> Option<Role> + Send + Sync>;

/// A proxy in front that has made sure who somebody is.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// The header in which it names the user.
    pub header: HeaderName,
    /// Where it may come from; from anywhere else the header is refused.
    pub from: Vec<Network>,
    /// The users that are operators; all others are supervisors.
    pub operators: Vec<String>,
}

/// Addresses: one, or all that begin like it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `127.0.0.1`, `fd00::/8`.
    #[must_use]
    pub fn read(text: &str) -> Option<Network> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Network { address, bits })
    }

    /// Whether an address is one of these.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let bits = u32::from(self.bits);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differs = own.to_bits() ^ other.to_bits();
                bits == 0 || differs >> (32 - bits) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differs = own.to_bits() ^ other.to_bits();
                bits == 0 || differs >> (128 - bits) == 0
            }
            _ => false,
        }
    }
}

/// Who may come in. Without tokens and proxy everybody who reaches the address, which is then this
/// machine's own.
#[derive(Clone, Default)]
pub struct Gate {
    /// Tokens that let users in.
    pub tokens: Option<Tokens>,
    /// A proxy in front.
    pub proxy: Option<Proxy>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Gate { tokens, proxy } = self;
        write!(
            out,
            "Gate {{ tokens: {}, proxy: {proxy:?} }}",
            tokens.is_some()
        )
    }
}

/// The answer to whoever may not come in.
type Refusal = Box<Response>;

fn refused(status: StatusCode, detail: &str) -> Refusal {
    Box::new(Problem::new(status, detail).into_response())
}

struct Guard {
    gate: Gate,
    rates: Rates,
}

/// Puts the gate before all routes of a router. Handlers find a [`Who`] in the request's extensions;
/// the peer's address has to be there as [`ConnectInfo`].
pub fn guarded(router: Router, gate: Gate) -> Router {
    let guard = Arc::new(Guard {
        gate,
        rates: Rates::default(),
    });
    router.layer(from_fn_with_state(guard, pass))
}

async fn pass(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| peer.ip());
    let answer = match guard.admit(peer, &request) {
        Ok(who) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(refusal) => *refusal,
    };
    with_headers(answer)
}

impl Guard {
    fn admit(&self, peer: Option<IpAddr>, request: &Request) -> Result<Who, Refusal> {
        let headers = request.headers();
        self.look_at_host(headers)?;
        let who = self.who(peer, headers)?;
        let is_write = !matches!(*request.method(), Method::GET | Method::HEAD);
        if is_write {
            is_own_page(headers)?;
        }
        let by = match peer {
            Some(peer) => format!("{peer} {}", who.name),
            None => who.name.clone(),
        };
        if let Err(seconds) = self.rates.take(&by, is_write) {
            return Err(too_many(seconds));
        }
        Ok(who)
    }

    /// Without tokens the address alone protects: a page of somebody else, whose name was made to point
    /// to this machine, must not read it.
    fn look_at_host(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.gate.tokens.is_some() || self.gate.proxy.is_some() {
            return Ok(());
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let Some(host) = host else { return Ok(()) };
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let is_own = name.eq_ignore_ascii_case("localhost")
            || name
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if is_own {
            return Ok(());
        }
        let detail = "this board is for its own machine: ask for localhost, or configure \
                      http.token_file or http.proxy_header";
        Err(refused(StatusCode::MISDIRECTED_REQUEST, detail))
    }

    fn who(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Result<Who, Refusal> {
        let Gate { tokens, proxy } = &self.gate;
        if let Some(proxy) = proxy
            && let Some(name) = headers.get(&proxy.header)
        {
            return proxied(proxy, peer, name);
        }
        let Some(tokens) = tokens else {
            return match proxy {
                None => Ok(Who {
                    name: "local".to_owned(),
                    role: Role::Operator,
                }),
                Some(_) => Err(refused(
                    StatusCode::UNAUTHORIZED,
                    "come through the proxy that signs users in",
                )),
            };
        };
        let peer = peer.map_or_else(String::new, |peer| peer.to_string());
        if let Err(seconds) = self.rates.may_try(&peer) {
            return Err(too_many(seconds));
        }
        let given = credentials(headers);
        let role = given.as_ref().and_then(|(_, token)| tokens(token));
        match (given, role) {
            (Some((name, _)), Some(role)) => Ok(Who {
                name: name.unwrap_or_else(|| "token".to_owned()),
                role,
            }),
            (given, _) => {
                if given.is_some() {
                    self.rates.failed(&peer);
                }
                Err(asks_for_token(given.is_some()))
            }
        }
    }
}

fn proxied(proxy: &Proxy, peer: Option<IpAddr>, name: &HeaderValue) -> Result<Who, Refusal> {
    let is_proxy = peer.is_some_and(|peer| proxy.from.iter().any(|network| network.has(peer)));
    let name = name.to_str().ok().map(str::trim);
    let name = name.filter(|name| (1..=100).contains(&name.len()));
    match (is_proxy, name) {
        (true, Some(name)) => Ok(Who {
            role: if proxy.operators.iter().any(|one| one == name) {
                Role::Operator
            } else {
                Role::Supervisor
            },
            name: name.to_owned(),
        }),
        (true, None) => {
            let detail = "the proxy names no user of 1 to 100 plain characters";
            Err(refused(StatusCode::UNAUTHORIZED, detail))
        }
        (false, _) => {
            let detail =
                "the header that names a user is believed from the proxy only; see http.proxy_from";
            Err(refused(StatusCode::FORBIDDEN, detail))
        }
    }
}

/// Name and token: `Bearer TOKEN`, or a browser's `Basic`, whose password is the token and whose user is
/// the name that acts are signed with.
fn credentials(headers: &HeaderMap) -> Option<(Option<String>, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some((None, rest.trim().to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(rest.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (name, token) = decoded.split_once(':')?;
    let name: String = name
        .chars()
        .filter(|one| !one.is_control())
        .take(100)
        .collect();
    Some(((!name.is_empty()).then_some(name), token.to_owned()))
}

fn asks_for_token(was_wrong: bool) -> Refusal {
    let detail = if was_wrong {
        "the token is wrong, or does not hold any more"
    } else {
        "a token is needed: as a bearer token, or as the password of a sign-in"
    };
    let mut response = Problem::new(StatusCode::UNAUTHORIZED, detail).into_response();
    let challenge = HeaderValue::from_static("Basic realm=\"ricochet\", charset=\"UTF-8\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    Box::new(response)
}

fn too_many(seconds: u64) -> Refusal {
    let detail = format!("too many requests; again in {seconds} s");
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).into_response();
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    Box::new(response)
}

/// Browsers send credentials along with whatever a page of somebody else asks for. Such a page can set no
/// header of its own choice, and cannot say that it is ours.
fn is_own_page(headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let has_mark = text(HeaderName::from_static("x-ricochet")).is_some();
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let is_own_site = site.is_none_or(|site| matches!(site, "same-origin" | "none"));
    let host = text(HOST);
    let is_own_origin = text(ORIGIN).is_none_or(|origin| {
        let of_origin = origin.split_once("://").map(|(_, host)| host);
        of_origin.is_some() && (of_origin == host || site == Some("same-origin"))
    });
    // A form of a page of ours sets no header. The browser itself then says where it comes from, which no page can
    // feign; the form's own token is looked at by whoever takes it.
    let is_own_form = text(ORIGIN).is_some()
        && text(CONTENT_TYPE)
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if (has_mark || is_own_form) && is_own_site && is_own_origin {
        return Ok(());
    }
    let detail = "a write needs the header X-Ricochet, and has to come from a page of this board";
    Err(refused(StatusCode::FORBIDDEN, detail))
}

/// Nothing from elsewhere, nothing inline, in no frame, kept by no cache.
fn with_headers(mut response: Response) -> Response {
    const FIXED: [(&str, &str); 6] = [
        (
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn a_network_has_its_addresses_only() {
        let has = |network: &str, address: &str| {
            Network::read(network).is_some_and(|network| network.has(address.parse().unwrap()))
        };
        assert!(has("10.0.0.0/8", "10.255.0.1"));
        assert!(!has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("127.0.0.1", "127.0.0.1"));
        assert!(has("127.0.0.1", "::ffff:127.0.0.1"));
        assert!(!has("127.0.0.1", "127.0.0.2"));
        assert!(has("fd00::/8", "fd12::1"));
        assert!(has("0.0.0.0/0", "1.2.3.4"));
        assert!(!has("0.0.0.0/0", "::1"));
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "localhost"] {
            assert_eq!(Network::read(wrong), None, "{wrong}");
        }
    }
}
