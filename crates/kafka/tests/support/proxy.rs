//! A way to the broker that can lose connections, and can answer as a broker does that is just
//! starting: that the cluster has no brokers.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The numbers of Kafka's requests that are answered with addresses of brokers.
const METADATA: i16 = 3;
const FIND_COORDINATOR: i16 = 10;
/// The number of requests for the ends of partitions.
const LIST_OFFSETS: i16 = 2;

/// Everything goes through it: it is the only broker that the cluster is said to have.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Nobody is let through.
    refuses: AtomicBool,
    /// Answers to requests for metadata name no broker.
    hides_brokers: AtomicBool,
    /// Such answers so far, by client id.
    hidden: Mutex<BTreeMap<String, u32>>,
    /// How long answers are held back that say where partitions end, milliseconds.
    ends_held_ms: AtomicU64,
    connections: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Before the broker at this address.
    pub fn before(broker: &str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it listens").port();
        let shared = Arc::<Shared>::default();
        let (all, broker) = (Arc::clone(&shared), broker.to_owned());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&broker);
                let refuses = all.refuses.load(Ordering::SeqCst);
                if let Ok(server) = server
                    && !refuses
                {
                    all.connect(&client, &server, port);
                }
            }
        });
        Proxy { port, shared }
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// From now on the cluster is said to have no brokers, or again the one that it has.
    pub fn hide_brokers(&self, hides: bool) {
        self.shared.hides_brokers.store(hides, Ordering::SeqCst);
    }

    /// From now on, answers that say where partitions end come so much later, and with them all that
    /// is behind them.
    pub fn hold_ends(&self, time: Duration) {
        let time_ms = time.as_millis() as u64;
        self.shared.ends_held_ms.store(time_ms, Ordering::SeqCst);
    }

    /// How often a client was told that there are none.
    pub fn hidden_from(&self, client_id: &str) -> u32 {
        let hidden = self.shared.hidden.lock().expect("nobody panicked");
        hidden.get(client_id).copied().unwrap_or(0)
    }

    /// From now on every connection is closed, or no longer.
    pub fn refuse(&self, refuses: bool) {
        self.shared.refuses.store(refuses, Ordering::SeqCst);
        for connection in self
            .shared
            .connections
            .lock()
            .expect("nobody panicked")
            .drain(..)
        {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn connect(self: &Arc<Shared>, client: &TcpStream, server: &TcpStream, port: u16) {
        let copy = |stream: &TcpStream| stream.try_clone().expect("it is open");
        let mut connections = self.connections.lock().expect("nobody panicked");
        connections.extend([copy(client), copy(server)]);
        let asked = Arc::<Mutex<BTreeMap<i32, (i16, String)>>>::default();
        let (mut from, mut to, known) = (copy(client), copy(server), Arc::clone(&asked));
        std::thread::spawn(move || {
            while let Some(request) = frame(&mut from) {
                let what = i16::from_be_bytes([request[0], request[1]]);
                let end = 10 + usize::from(u16::from_be_bytes([request[8], request[9]]));
                let client_id = String::from_utf8_lossy(&request[10..end]).into_owned();
                let number = number(&request[4..]);
                let mut known = known.lock().expect("nobody panicked");
                known.insert(number, (what, client_id));
                drop(known);
                if send(&mut to, &request).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
        let (mut from, mut to, shared) = (copy(server), copy(client), Arc::clone(self));
        std::thread::spawn(move || {
            while let Some(mut answer) = frame(&mut from) {
                let what = asked
                    .lock()
                    .expect("nobody panicked")
                    .remove(&number(&answer));
                match what {
                    Some((METADATA, client_id)) => {
                        let hides = shared.hides_brokers.load(Ordering::SeqCst);
                        let mut hidden = shared.hidden.lock().expect("nobody panicked");
                        *hidden.entry(client_id).or_default() += u32::from(hides);
                        drop(hidden);
                        answer = with_brokers(&answer, (!hides).then_some(port));
                    }
                    // Up to version 2, the port comes last.
                    Some((FIND_COORDINATOR, _)) => {
                        answer.truncate(answer.len() - 4);
                        answer.extend_from_slice(&i32::from(port).to_be_bytes());
                    }
                    Some((LIST_OFFSETS, _)) => {
                        let held_ms = shared.ends_held_ms.load(Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(held_ms));
                    }
                    _ => {}
                }
                if send(&mut to, &answer).is_err() {
                    break;
                }
            }
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}

fn frame(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut size = [0; 4];
    from.read_exact(&mut size).ok()?;
    let mut bytes = vec![0; u32::from_be_bytes(size) as usize];
    from.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn send(to: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    let mut frame = (bytes.len() as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(bytes);
    to.write_all(&frame)
}

fn number(bytes: &[u8]) -> i32 {
    i32::from_be_bytes(bytes[..4].try_into().expect("four bytes"))
}

/// An answer to a request for metadata, of version 9 or later, with brokers at this port, or none.
/// The form: <https://kafka.apache.org/protocol#The_Messages_Metadata>.
fn with_brokers(answer: &[u8], port: Option<u16>) -> Vec<u8> {
    // Number of the request, no tagged fields, throttle time.
    let mut rest = &answer[9..];
    let mut changed = answer[..9].to_vec();
    let count = take_length(&mut rest);
    let mut brokers = vec![];
    for _ in 0..count.expect("brokers are never null") {
        brokers.extend_from_slice(take(&mut rest, 4));
        let host = take_length(&mut rest).expect("a host is never null");
        brokers.push(u8::try_from(host + 1).expect("hosts of tests are short"));
        brokers.extend_from_slice(take(&mut rest, host));
        take(&mut rest, 4);
        brokers.extend_from_slice(&i32::from(port.unwrap_or(0)).to_be_bytes());
        let rack = take_length(&mut rest).unwrap_or(0);
        take(&mut rest, rack);
        assert_eq!(take(&mut rest, 1), [0], "no tagged fields");
        // No rack, and no tagged fields.
        brokers.extend_from_slice(&[0, 0]);
    }
    match port {
        Some(_) => {
            changed.push(u8::try_from(count.unwrap_or(0) + 1).expect("few brokers"));
            changed.append(&mut brokers);
        }
        None => changed.push(1),
    }
    changed.extend_from_slice(rest);
    changed
}

fn take<'a>(from: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = from.split_at(count);
    *from = rest;
    taken
}

/// A length of the protocol's compact form: 0 is null.
fn take_length(from: &mut &[u8]) -> Option<usize> {
    let mut length = 0;
    for shift in (0..).step_by(7) {
        let byte = take(from, 1)[0];
        length |= usize::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            break;
        }
    }
    length.checked_sub(1)
}
