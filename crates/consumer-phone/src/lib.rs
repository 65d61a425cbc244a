//! Telephone records: the formats in which they come, one row each.
//!
//! Invariant: a plain function per format, from bytes to what they say of a phone contact.
//! Knows no other channel, no tenant and no clock.

use canonical::{Decode, Decoded, Format, Reader, decode_json, of_channel};
use model::Channel;

/// The formats of phone records. A platform's own format is one more row.
pub const FORMATS: &[Format] = &[
    Format {
        name: "canonical-json",
        decode: Decode::Bytes(canonical_json),
    },
    Format {
        name: "canonical-avro",
        decode: Decode::Datum(canonical_avro),
    },
];

/// The canonical record as a JSON object (`docs/semantics.md`, Events).
fn canonical_json(bytes: &[u8]) -> Decoded {
    of_channel(Channel::Phone, decode_json(bytes))
}

/// The canonical record as Avro (`schemas/input/phone.avsc`, or what its writer used).
fn canonical_avro(reader: &Reader, datum: &[u8]) -> Decoded {
    of_channel(Channel::Phone, reader.decode(datum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Kind, RejectedReason};

    /// Decodes a record by the row of its format.
    fn check(channel: &str, kind: &str) -> Decoded {
        let json = format!(
            r#"{{"channel":"{channel}","kind":"{kind}","event_id":"E1","contact_id":"L1",
            "occurred_at":1772359200000}}"#
        );
        let row = FORMATS
            .iter()
            .find(|format| format.name == "canonical-json")
            .unwrap();
        let Decode::Bytes(decode) = row.decode else {
            panic!("a JSON record needs no schema")
        };
        decode(json.as_bytes())
    }

    #[test]
    fn each_kind_of_the_channel_is_known_and_others_are_activity() {
        let kinds = [
            Kind::Offered,
            Kind::Queued,
            Kind::Answered,
            Kind::Transferred,
            Kind::Ended,
        ];
        for kind in kinds.into_iter().chain([Kind::Contact, Kind::Qualified]) {
            let Decoded::Event(event) = check("phone", kind.name()) else {
                panic!("{kind:?}")
            };
            assert_eq!((event.channel, &event.kind), (Channel::Phone, &kind));
        }
        let Decoded::Event(event) = check("phone", "whistled") else {
            panic!("unknown kind")
        };
        assert_eq!(event.kind, Kind::Other("whistled".into()));
    }

    #[test]
    fn a_record_of_another_channel_is_refused() {
        let Decoded::Rejected { reason, detail } = check("chat", "contact") else {
            panic!("accepted")
        };
        assert_eq!(reason, RejectedReason::BadValue);
        assert_eq!(detail, "channel: expected phone, found chat");
    }

    #[test]
    fn an_avro_datum_is_read_by_its_writers_schema() {
        let reader = Reader::new(include_str!("../../../schemas/input/phone.avsc")).unwrap();
        let row = FORMATS
            .iter()
            .find(|format| format.name == "canonical-avro")
            .unwrap();
        let Decode::Datum(decode) = row.decode else {
            panic!("an Avro datum needs a schema")
        };
        // channel, event_id, kind, occurred_at and contact_id; every other field is null or empty.
        let mut datum =
            b"\x00\x0aphone\x00\x04E1\x0eoffered\x80\xb4\xb9\x8d\x95g\x00\x04L1".to_vec();
        datum.resize(datum.len() + 28, 0);
        assert_eq!(decode(&reader, &datum), check("phone", "offered"));
    }
}
