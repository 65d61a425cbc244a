//! `./dev kafka`: a broker to try things with by hand.

use std::process::ExitCode;
use std::sync::mpsc::channel;
use testbed::{Broker, kafka_jars};

fn main() -> ExitCode {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let Some(port) = port else {
        eprintln!("usage: broker PORT");
        return ExitCode::from(2);
    };
    if let Err(why) = kafka_jars() {
        eprintln!("broker: {why}");
        return ExitCode::from(2);
    }
    if let Err(why) = std::net::TcpListener::bind(("127.0.0.1", port)) {
        eprintln!("broker: port {port} cannot be had: {why}");
        return ExitCode::from(2);
    }
    let (ended, end) = channel();
    let say = move || {
        // Nobody waits any more: then it has ended already.
        let _ = ended.send(());
    };
    ctrlc::set_handler(say).expect("no other handler is set");
    let broker = Broker::start_at(port);
    println!("{}", broker.bootstrap_servers());
    eprintln!("Apache Kafka runs; Ctrl-C ends it and deletes what it holds");
    // An error means that the handler is gone, and that is the end too.
    let _ = end.recv();
    ExitCode::SUCCESS
}
