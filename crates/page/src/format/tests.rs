use super::*;

fn format(language: Language) -> Format {
    Format {
        language,
        zone: TimeZone::get("Europe/Paris").unwrap(),
        currency: "EUR".to_owned(),
    }
}

/// Narrow spaces that do not break are written `_`.
fn seen(text: &str) -> String {
    text.replace(NARROW, "_")
}

#[test]
fn numbers_are_written_as_each_language_writes_them() {
    let (en, fr) = (format(Language::English), format(Language::French));
    for (english, french, expected_english, expected_french) in [
        (en.whole(4_212), fr.whole(4_212), "4,212", "4_212"),
        (en.whole(999), fr.whole(999), "999", "999"),
        (
            en.whole(1_234_567),
            fr.whole(1_234_567),
            "1,234,567",
            "1_234_567",
        ),
        (en.percent(0.1841), fr.percent(0.1841), "18.4_%", "18,4_%"),
        (
            en.percent_whole(0.38),
            fr.percent_whole(0.38),
            "38_%",
            "38_%",
        ),
        (en.amount(3_140.4), fr.amount(3_140.4), "3,140_€", "3_140_€"),
        (
            en.amount_exact(4.65),
            fr.amount_exact(4.65),
            "4.65_€",
            "4,65_€",
        ),
        (en.amount(-0.2), fr.amount(-0.2), "0_€", "0_€"),
        (
            en.decimal(-1_204.5, 1),
            fr.decimal(-1_204.5, 1),
            "\u{2212}1,204.5",
            "\u{2212}1_204,5",
        ),
        (en.percent(f64::NAN), fr.amount(f64::INFINITY), DASH, DASH),
    ] {
        assert_eq!(seen(&english), expected_english);
        assert_eq!(seen(&french), expected_french);
    }
}

#[test]
fn times_are_the_centres() {
    // 2025-10-14T12:05:00Z, a Tuesday; the clock changes on 26 October.
    let (en, fr) = (format(Language::English), format(Language::French));
    let at = 1_760_443_500_000;
    assert_eq!(en.clock(at), "14:05");
    assert_eq!(en.date(at), "Tue 14 Oct");
    assert_eq!(fr.date_clock(at), "mar. 14 oct. 14:05");
    assert_eq!(en.when(at, at + 3_600_000), "14:05");
    assert_eq!(en.when(at, at + 86_400_000), "Tue 14 Oct 14:05");
    assert_eq!(en.clock(at + 14 * 86_400_000), "13:05");
    assert_eq!(en.clock(i64::MAX), DASH);
}

#[test]
fn durations_are_in_their_two_greatest_units() {
    let (en, fr) = (format(Language::English), format(Language::French));
    let hour = 3_600_000;
    for (duration_ms, expected) in [
        (-5, "0_s"),
        (41_999, "41_s"),
        (3 * 60_000, "3_min"),
        (2 * hour + 5 * 60_000, "2_h_05"),
        (24 * hour, "1_d"),
        (76 * hour, "3_d 4_h"),
    ] {
        assert_eq!(seen(&en.duration(duration_ms)), expected);
    }
    assert_eq!(seen(&fr.duration(76 * hour)), "3_j 4_h");
}
