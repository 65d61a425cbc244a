//! A node of a registry that answers as a test wants it to: what a real one does only when it is
//! broken.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request as it came: its first line, then its headers.
type Request = Vec<String>;

/// Listens until the program ends.
pub struct Node {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Node {
    /// A node that answers each path with a status and a body.
    pub fn start(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> Node {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(stream.unwrap(), &seen, &*answer));
            }
        });
        Node { port, requests }
    }

    /// Its address, with a user if `user` ends in `@`.
    pub fn url(&self, user: &str) -> String {
        format!("http://{user}127.0.0.1:{}", self.port)
    }

    /// The paths that were asked for.
    pub fn paths(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let path = |request: &Request| request[0].split(' ').nth(1).unwrap().to_owned();
        requests.iter().map(path).collect()
    }

    /// Whether the last request had a header.
    pub fn had_header(&self, header: &str) -> bool {
        let requests = self.requests.lock().unwrap();
        let last = requests.last().unwrap();
        last.iter().any(|line| line.eq_ignore_ascii_case(header))
    }
}

fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<Request>>,
    answer: &dyn Fn(&str) -> (u16, String),
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut request = Vec::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        if let Some(stated) = line.to_lowercase().strip_prefix("content-length:") {
            length = stated.trim().parse().unwrap();
        }
        request.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let path = request[0].split(' ').nth(1).unwrap().to_owned();
    seen.lock().unwrap().push(request);
    let (status, text) = answer(&path);
    let length = text.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}"
    );
}
