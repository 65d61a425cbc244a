//! Serves the pages over a made-up day, for whoever works on how they look:
//! `cargo run -p page --example look`.

#[path = "../tests/page/day.rs"]
#[allow(dead_code)]
mod day;
#[path = "../tests/page/server.rs"]
mod server;

use std::io::Read;

fn main() {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8089".to_owned());
    let held = server::Held::new(day::view());
    let server = server::Server::start(&held, &address);
    println!("{} until enter is pressed", server.url());
    let _ = std::io::stdin().read(&mut [0]);
}
