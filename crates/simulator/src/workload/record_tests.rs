use super::*;

fn records() -> Vec<Record> {
    (0..1000)
        .map(|n| Record {
            json: format!("{{\"n\":{n}}}"),
            arrives_at_ms: n,
        })
        .collect()
}

#[test]
fn shuffled_records_are_the_same_records() {
    let shuffled = shuffle(3, &records());
    assert_ne!(shuffled, records());
    assert_eq!(shuffled, shuffle(3, &records()));
    let mut sorted = shuffled;
    sorted.sort_by_key(|record| record.arrives_at_ms);
    assert_eq!(sorted, records());
}

#[test]
fn doubled_records_keep_the_order_of_first_copies() {
    let doubled = double(3, &records(), 0.3);
    assert!((1200..1400).contains(&doubled.len()), "{}", doubled.len());
    let mut seen = std::collections::BTreeSet::new();
    let firsts: Vec<Record> = doubled
        .into_iter()
        .filter(|record| seen.insert(record.json.clone()))
        .collect();
    assert_eq!(firsts, records());
    assert_eq!(double(3, &records(), 0.0), records());
}
