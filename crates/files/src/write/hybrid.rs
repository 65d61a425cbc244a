//! Parquet's hybrid of run lengths and packed bits, which holds levels and dictionary keys.
//!
//! The columns of a table repeat themselves: a contact's rows differ in few columns. So values are
//! gathered as runs from the start, and a run of any length costs the same.

/// Small numbers, gathered as runs.
#[derive(Default)]
pub(super) struct Runs {
    done: Vec<(u32, u32)>,
    value: u32,
    length: u32,
    total: u32,
}

/// A run this long is cheaper as a run than as packed bits.
const RUN_LENGTH_MIN: u32 = 8;

impl Runs {
    #[inline]
    pub(super) fn push(&mut self, value: u32) {
        self.total += 1;
        if value == self.value {
            self.length += 1;
        } else {
            if self.length > 0 {
                self.done.push((self.value, self.length));
            }
            self.value = value;
            self.length = 1;
        }
    }

    /// Adds the last value so many times more.
    pub(super) fn push_again(&mut self, times: u32) {
        self.push_times(self.value, times);
    }

    /// Adds the same value so many times.
    pub(super) fn push_times(&mut self, value: u32, times: u32) {
        if times > 0 {
            self.push(value);
            self.length += times - 1;
            self.total += times - 1;
        }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> u32 {
        self.total
    }

    pub(super) fn clear(&mut self) {
        self.done.clear();
        self.length = 0;
        self.total = 0;
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        let last = (self.length > 0).then_some((self.value, self.length));
        self.done.iter().copied().chain(last)
    }

    /// Appends the values in the hybrid encoding, each `width` bits wide, 1 to 32.
    pub(super) fn encode(&self, width: u32, out: &mut Vec<u8>) {
        let mut packed: Vec<u32> = Vec::new();
        for (value, mut length) in self.iter() {
            // Packed bits come in groups of eight, so a group that was begun is filled first.
            while length > 0 && !packed.len().is_multiple_of(8) {
                packed.push(value);
                length -= 1;
            }
            if length >= RUN_LENGTH_MIN {
                push_packed(&mut packed, width, out);
                push_varint(out, u64::from(length) << 1);
                let bytes = width.div_ceil(8) as usize;
                out.extend_from_slice(&value.to_le_bytes()[..bytes]);
            } else {
                packed.extend(std::iter::repeat_n(value, length as usize));
            }
        }
        push_packed(&mut packed, width, out);
    }
}

/// Writes the values, filled up with zeros to whole groups of eight, and clears them.
fn push_packed(values: &mut Vec<u32>, width: u32, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    let groups = values.len().div_ceil(8);
    push_varint(out, (groups as u64) << 1 | 1);
    let end = out.len() + groups * width as usize;
    let mut bits = 0_u64;
    let mut count = 0;
    for &value in values.iter() {
        bits |= u64::from(value) << count;
        count += width;
        if count >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            count -= 32;
        }
    }
    out.extend_from_slice(&bits.to_le_bytes()[..count.div_ceil(8) as usize]);
    out.resize(end, 0);
    values.clear();
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
            let mut gathered = Runs::default();
            let mut expected = Vec::new();
            for (value, length) in runs {
                let value = value & (u32::MAX >> (32 - width));
                for _ in 0..length {
                    gathered.push(value);
                    expected.push(value);
                }
            }
            let mut out = Vec::new();
            gathered.encode(width, &mut out);
            prop_assert_eq!(decode(&out, width, expected.len()), expected);
        }
    }
}
