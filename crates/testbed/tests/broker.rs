//! A broker starts, keeps what it was given through `kill -9`, and goes with its program.

use testbed::{Broker, topics};

#[test]
fn a_broker_keeps_records_through_a_kill() {
    if !Broker::is_possible() {
        return;
    }
    let mut broker = Broker::start();
    let servers = broker.bootstrap_servers();
    topics::create(&servers, "t", 2, &[]);
    topics::produce(&servers, "t", &[(0, "a", Some("1")), (1, "b", None)]);
    broker.kill();
    assert_eq!(topics::brokers(&servers), 0);
    broker.restart();
    let rows = topics::read_committed(&servers, "t");
    let short: Vec<_> = rows
        .iter()
        .map(|row| (row.partition, row.offset, &*row.key, row.text()))
        .collect();
    assert_eq!(
        short,
        [(0, 0, "a", "1".to_owned()), (1, 0, "b", String::new())]
    );
}
