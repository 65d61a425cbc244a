//! Phone numbers, written the one way that names them: E.164.
//!
//! The library that reads them takes microseconds for each. Plain international and national
//! numbers, which are most, are therefore read here, wherever that provably gives what the library
//! gives; the rest is read by the library and remembered in a small table.

use model::Text;
use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;
use xxhash_rust::xxh3::xxh3_64;

/// Numbers that are remembered; a new one takes the place of an old one.
const REMEMBERED: usize = 8_192;
/// Fewest and most digits of a national number that the library reads.
const NATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 2..=17;
/// Country calling codes have at most three digits.
const CODES: usize = 1_000;

/// Reads phone numbers as one country writes them.
pub(crate) struct Numbers {
    country: Option<Id>,
    plain: Option<Plain>,
}

/// What has to be known of a country to read its plain numbers.
struct Plain {
    /// The country's calling code, as digits.
    code: String,
    /// The digits before an international number, if they are plain.
    international: String,
    /// What is taken off the front of a national number.
    prefixes: Vec<String>,
    /// The digit before a national number, where such numbers can be read here.
    trunk: Option<u8>,
    /// Whether a national number of this many digits is read without its trunk digit.
    is_national_length: [bool; 18],
    /// Whether these digits are a calling code.
    is_code: Vec<bool>,
}

/// Numbers that the library has read lately. It stays inside of the door.
#[derive(Default)]
pub(crate) struct Remembered {
    slots: Vec<Option<(Text, Option<Text>)>>,
}

impl Numbers {
    pub(crate) fn new(country: Option<Id>) -> Numbers {
        Numbers {
            country,
            plain: country.and_then(Plain::new),
        }
    }

    /// The number in E.164; of what is no number its digits and leading `+`; `None` without any
    /// digit.
    pub(crate) fn read(&self, text: &str, remembered: &mut Remembered) -> Option<Text> {
        if let Some(number) = self.plain.as_ref().and_then(|plain| plain.read(text)) {
            return Some(number);
        }
        remembered.slots.resize_with(REMEMBERED, || None);
        let slot = &mut remembered.slots[xxh3_64(text.as_bytes()) as usize % REMEMBERED];
        match slot {
            Some((known, number)) if known == text => number.clone(),
            _ => {
                let number = self.read_slowly(text);
                *slot = Some((text.into(), number.clone()));
                number
            }
        }
    }

    pub(crate) fn read_slowly(&self, text: &str) -> Option<Text> {
        if let Ok(number) = phonenumber::parse(self.country, text) {
            let digits = format!("+{}{}", number.code().value(), number.national());
            return Some(digits.into());
        }
        let mut digits = Text::default();
        if text.starts_with('+') {
            digits.push('+');
        }
        digits.extend(text.chars().filter(char::is_ascii_digit));
        (digits.len() > usize::from(text.starts_with('+'))).then_some(digits)
    }
}

impl Plain {
    /// `None` where no number of the country can be read without the library: its prefixes are no
    /// plain digits.
    fn new(country: Id) -> Option<Plain> {
        let meta = DATABASE.by_id(country.as_ref())?;
        let code = meta.country_code().to_string();
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        // Behind a `+`, what begins with another digit than 0 is then never taken for an
        // international prefix.
        let international = meta
            .international_prefix()
            .map_or("", |prefix| prefix.as_str());
        let alternatives = international.split('(').next().unwrap_or_default();
        if alternatives.contains('|')
            || !(international.is_empty() || alternatives.starts_with('0'))
        {
            return None;
        }
        // The library takes off what it parses as a prefix, then the prefix itself.
        let parsed = meta
            .national_prefix_for_parsing()
            .map(|prefix| prefix.as_str());
        let prefix = meta.national_prefix();
        let prefixes: Vec<String> = parsed
            .into_iter()
            .flat_map(|parsed| parsed.split('|'))
            .chain(prefix)
            .map(Into::into)
            .collect();
        if !prefixes.iter().all(|prefix| is_digits(prefix)) {
            return None;
        }
        let trunk = match prefix.map(str::as_bytes) {
            Some([trunk]) if is_digits(international) && code.as_bytes()[0] != *trunk => {
                Some(*trunk)
            }
            _ => None,
        };
        let known_code =
            |code: usize| u16::try_from(code).is_ok_and(|code| DATABASE.by_code(&code).is_some());
        let mut is_national_length = [false; 18];
        if let Some(trunk) = trunk {
            for length in NATIONAL_DIGITS {
                let sample = "2".repeat(length);
                let read = phonenumber::parse(Some(country), format!("{}{sample}", trunk as char));
                is_national_length[length] = read.is_ok_and(|read| {
                    read.code().value() == meta.country_code()
                        && read.national().to_string() == sample
                });
            }
        }
        Some(Plain {
            code,
            international: international.to_owned(),
            prefixes,
            trunk,
            is_national_length,
            is_code: (0..CODES).map(known_code).collect(),
        })
    }

    /// The number in E.164, if it is a plain one.
    fn read(&self, text: &str) -> Option<Text> {
        let bytes = text.as_bytes();
        let digits = bytes.strip_prefix(b"+").unwrap_or(bytes);
        if digits.len() < 4 || digits.len() > 15 || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let untouched = |national: &[u8]| {
            national[0] != b'0'
                && !self
                    .prefixes
                    .iter()
                    .any(|prefix| national.starts_with(prefix.as_bytes()))
        };
        if digits.len() < bytes.len() {
            let national = self.behind_code(digits)?;
            return (national.len() >= 3 && untouched(national)).then(|| text.into());
        }
        let national = &digits[1..];
        let is_international =
            !self.international.is_empty() && digits.starts_with(self.international.as_bytes());
        let is_plain = Some(digits[0]) == self.trunk
            && !is_international
            && untouched(national)
            && self.is_national_length[national.len()];
        is_plain.then(|| {
            let mut number = Text::with_capacity(1 + self.code.len() + national.len());
            number.push('+');
            number.push_str(&self.code);
            number.push_str(&text[1..]);
            number
        })
    }

    /// What follows the calling code of an international number.
    fn behind_code<'a>(&self, digits: &'a [u8]) -> Option<&'a [u8]> {
        let mut code = 0;
        for length in 1..=3 {
            code = code * 10 + usize::from(digits[length - 1] - b'0');
            if code == 0 {
                return None;
            }
            if self.is_code[code] {
                return Some(&digits[length..]);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(country: &str, text: &str) -> Option<Text> {
        let numbers = Numbers::new((!country.is_empty()).then(|| country.parse().unwrap()));
        numbers.read(text, &mut Remembered::default())
    }

    #[test]
    fn one_number_is_written_one_way() {
        let table = [
            ("FR", "0199000001", Some("+33199000001")),
            ("FR", "01 99 00 00 01", Some("+33199000001")),
            ("FR", "01.99.00.00.01", Some("+33199000001")),
            ("FR", "+33199000001", Some("+33199000001")),
            ("FR", "+33 1 99 00 00 01", Some("+33199000001")),
            ("FR", "0033199000001", Some("+33199000001")),
            ("FR", "33199000001", Some("+33199000001")),
            ("FR", "+33 (0)1 99 00 00 01", Some("+33199000001")),
            ("FR", "199000001", Some("+33199000001")),
            ("FR", "+442079460000", Some("+442079460000")),
            ("GB", "02079460000", Some("+442079460000")),
            ("US", "202-555-0100", Some("+12025550100")),
            ("US", "+12025550100", Some("+12025550100")),
            ("", "+33199000001", Some("+33199000001")),
            ("", "0199000001", Some("0199000001")),
            ("FR", "7", Some("7")),
            ("FR", "+999123456", Some("+999123456")),
            ("FR", "alice", None),
            ("FR", "+", None),
        ];
        for (country, text, expected) in table {
            assert_eq!(read(country, text).as_deref(), expected, "{country} {text}");
        }
    }

    #[test]
    fn plain_numbers_of_the_usual_countries_need_no_library() {
        for country in ["FR", "DE", "GB", "BE", "CH", "ES", "IT", "PT", "NL"] {
            assert!(Plain::new(country.parse().unwrap()).is_some(), "{country}");
        }
        let plain = Plain::new("FR".parse().unwrap()).unwrap();
        assert_eq!(plain.read("0199000001").as_deref(), Some("+33199000001"));
        assert_eq!(plain.read("+33199000001").as_deref(), Some("+33199000001"));
        assert_eq!(plain.read("01 99 00 00 01"), None);
    }

    const COUNTRIES: &[&str] = &[
        "FR", "DE", "GB", "BE", "CH", "ES", "IT", "PT", "NL", "US", "CA", "MA", "IL", "BR", "AR",
        "MX", "RU", "AU", "JP", "IN", "PL", "SE", "CI", "SN", "TN", "RE", "LU", "MG", "KR", "CN",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn what_is_read_here_is_what_the_library_reads(
            country in 0..COUNTRIES.len(), text in r"(\+|0|00|\+33|\+39|\+1|\+49)?[0-9]{2,16}",
        ) {
            let numbers = Numbers::new(Some(COUNTRIES[country].parse().unwrap()));
            if let Some(number) = numbers.plain.as_ref().and_then(|plain| plain.read(&text)) {
                prop_assert_eq!(Some(number), numbers.read_slowly(&text), "{}", COUNTRIES[country]);
            }
        }

        #[test]
        fn any_text_is_survived(country in 0..COUNTRIES.len(), text in r"(\+|tel:)?[-0-9 .()#;,x/a-zé+٣]{0,24}") {
            let numbers = Numbers::new(Some(COUNTRIES[country].parse().unwrap()));
            numbers.read(&text, &mut Remembered::default());
        }
    }
}
