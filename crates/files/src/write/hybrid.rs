//! Parquet's hybrid of run lengths and packed bits, which holds levels and dictionary keys.
//!
//! Values are gathered one beside the other and looked at eight at a time only when their page ends:
//! that costs less than asking of each value whether it is the one before.

/// A run this long is cheaper as a run than as packed bits, which come in groups of as many.
const GROUP: usize = 8;

/// Appends the values in the hybrid encoding, each `width` bits wide, 1 to 32.
pub(super) fn encode<T: Copy + PartialEq + Into<u32>>(values: &[T], width: u32, out: &mut Vec<u8>) {
    let (mut begun, mut at) = (0, 0);
    while let Some(group) = values.get(at..at + GROUP) {
        let first = group[0];
        if group
            .iter()
            .fold(true, |same, value| same & (*value == first))
        {
            let others = values[at..].iter().position(|value| *value != first);
            let length = others.unwrap_or(values.len() - at);
            push_groups(&values[begun..at], width, out);
            push_varint(out, (length as u64) << 1);
            let first: u32 = first.into();
            out.extend_from_slice(&first.to_le_bytes()[..width.div_ceil(8) as usize]);
            at += length;
            begun = at;
        } else {
            at += GROUP;
        }
    }
    push_groups(&values[begun..], width, out);
}

/// Writes the values as packed bits, filled up with zeros to whole groups.
fn push_groups<T: Copy + Into<u32>>(values: &[T], width: u32, out: &mut Vec<u8>) {
    if !values.is_empty() {
        let groups = values.len().div_ceil(GROUP);
        push_varint(out, (groups as u64) << 1 | 1);
        let end = out.len() + groups * width as usize;
        pack(values, width, out);
        out.resize(end, 0);
    }
}

/// Appends the last `width` bits of each value, the least bit first.
pub(super) fn pack<T: Copy + Into<u32>>(values: &[T], width: u32, out: &mut Vec<u8>) {
    out.reserve(values.len() * width as usize / 8 + 8);
    let mut bits = 0_u64;
    let mut count = 0;
    for value in values {
        let value: u32 = (*value).into();
        bits |= u64::from(value) << count;
        count += width;
        if count >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            count -= 32;
        }
    }
    out.extend_from_slice(&bits.to_le_bytes()[..count.div_ceil(8) as usize]);
}

fn push_varint(out: &mut Vec<u8>, mut rest: u64) {
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads the encoding back, as the specification has it.
    fn decode(mut bytes: &[u8], width: u32, count: usize) -> Vec<u32> {
        let mut values = Vec::new();
        while values.len() < count {
            let mut header = 0_u64;
            let mut shift = 0;
            loop {
                let byte = bytes[0];
                bytes = &bytes[1..];
                header |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            if header & 1 == 0 {
                let size = width.div_ceil(8) as usize;
                let mut value = [0; 4];
                value[..size].copy_from_slice(&bytes[..size]);
                bytes = &bytes[size..];
                let value = u32::from_le_bytes(value);
                values.extend(std::iter::repeat_n(value, (header >> 1) as usize));
            } else {
                let size = (header >> 1) as usize * width as usize;
                for at in 0..(header >> 1) as usize * 8 {
                    let bit = |n: u32| {
                        let place = at * width as usize + n as usize;
                        u32::from(bytes[place / 8] >> (place % 8) & 1) << n
                    };
                    values.push((0..width).map(bit).sum());
                }
                bytes = &bytes[size..];
            }
        }
        assert!(bytes.is_empty(), "{} bytes too many", bytes.len());
        assert!(values.len() < count + 8);
        values.truncate(count);
        values
    }

    proptest! {
        #[test]
        fn reads_back(
            width in 1_u32..=32,
            runs in prop::collection::vec((any::<u32>(), 1_usize..40), 1..60),
        ) {
            let mut expected = Vec::new();
            for (value, length) in runs {
                let value = value & (u32::MAX >> (32 - width));
                expected.extend(std::iter::repeat_n(value, length));
            }
            let mut out = Vec::new();
            encode(&expected, width, &mut out);
            prop_assert_eq!(decode(&out, width, expected.len()), expected);
        }
    }
}
