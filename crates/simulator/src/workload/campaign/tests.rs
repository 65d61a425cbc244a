use super::*;

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (first, second) = (campaign(7), campaign(7));
    assert_eq!(first.config, second.config);
    assert_eq!(first.events, second.events);
    assert_ne!(first.events, campaign(8).events);
}

#[test]
fn every_feature_occurs_within_200_seeds() {
    let mut total: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    for seed in 0..200 {
        for (feature, count) in campaign(seed).features {
            let sums = total.entry(feature).or_default();
            sums.0 += count;
            sums.1 += 1;
        }
    }
    println!("{:<34} {:>8} {:>9}", "feature", "times", "campaigns");
    for (feature, (times, campaigns)) in &total {
        println!("{feature:<34} {times:>8} {campaigns:>9}");
    }
    let missing: Vec<_> = FEATURES
        .iter()
        .filter(|(name, _)| !total.contains_key(name))
        .collect();
    assert!(missing.is_empty(), "never occurred: {missing:?}");
    let unlisted: Vec<&&str> = total
        .keys()
        .filter(|name| !FEATURES.iter().any(|(known, _)| known == *name))
        .collect();
    assert!(unlisted.is_empty(), "not in FEATURES: {unlisted:?}");
}

#[test]
fn campaigns_have_the_promised_size_and_order() {
    for seed in 0..200 {
        let campaign = campaign(seed);
        let count = campaign.events.len();
        assert!((150..=700).contains(&count), "seed {seed}: {count} records");
        let is_sorted = campaign
            .events
            .is_sorted_by_key(|record| record.arrives_at_ms);
        assert!(is_sorted, "seed {seed}");
    }
}

#[test]
fn only_bad_json_is_bad_json() {
    for seed in 0..200 {
        let campaign = campaign(seed);
        let is_bad = |record: &&Record| {
            !record.json.contains('\n')
                && !serde_json::from_str::<serde_json::Value>(&record.json)
                    .is_ok_and(|value| value.is_object())
        };
        let bad = campaign.events.iter().filter(is_bad).count() as u64;
        assert_eq!(
            bad,
            campaign.features.get("bad_json").copied().unwrap_or(0),
            "seed {seed}"
        );
    }
}

#[test]
fn configurations_are_toml_with_existing_readings() {
    for seed in 0..200 {
        let text = campaign(seed).config;
        let config: toml::Table = text
            .parse()
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(config["tenant"].as_str(), Some("acme"));
        assert!(
            config["tables"]["steps"]
                .as_array()
                .is_some_and(|steps| steps.len() > 3)
        );
        let Some(readings) = config.get("readings").and_then(|list| list.as_array()) else {
            continue;
        };
        assert!(readings.contains(&config["headline"]), "{text}");
        let Some(policies) = config.get("policies").and_then(|list| list.as_array()) else {
            continue;
        };
        for policy in policies {
            assert!(readings.contains(&policy["reading"]), "{text}");
        }
    }
}

#[test]
fn times_stay_within_what_the_door_accepts() {
    let low = jiff::civil::date(2010, 1, 1).to_zoned(jiff::tz::TimeZone::UTC);
    let high = jiff::civil::date(2026, 6, 1).to_zoned(jiff::tz::TimeZone::UTC);
    let range = low.map_or(0, |at| at.timestamp().as_millisecond())
        ..high.map_or(0, |at| at.timestamp().as_millisecond());
    for seed in 0..200 {
        for record in campaign(seed).events {
            assert!(
                range.contains(&record.arrives_at_ms),
                "seed {seed}: {}",
                record.json
            );
        }
    }
}
