//! A message put together from pieces that state where they belong, in any order and with overlaps (CRYPTO frames of
//! QUIC, handshake fragments of DTLS).

/// The pieces so far.
#[derive(Debug, Default)]
pub struct Pieces {
    bytes: Vec<u8>,
    /// What is there: disjoint ranges in order.
    have: Vec<(usize, usize)>,
}

impl Pieces {
    /// Adds a piece. What does not fit the bounds is left out.
    pub fn add(&mut self, at: usize, piece: &[u8]) {
        let end = at.saturating_add(piece.len());
        if piece.is_empty() || end > MOST_BYTES || self.have.len() >= MOST_RANGES {
            return;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if let Some(place) = self.bytes.get_mut(at..end) {
            place.copy_from_slice(piece);
        }
        self.have.push((at, end));
        self.have.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::with_capacity(self.have.len());
        for (from, to) in self.have.drain(..) {
            match merged.last_mut() {
                Some((_, last)) if from <= *last => *last = to.max(*last),
                _ => merged.push((from, to)),
            }
        }
        self.have = merged;
    }

    /// What is there without a hole, from the start.
    #[must_use]
    pub fn prefix(&self) -> &[u8] {
        match self.have.first() {
            Some((0, end)) => self.bytes.get(..*end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Whether nothing came yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.have.is_empty()
    }
}

const MOST_BYTES: usize = 32 << 10;
const MOST_RANGES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_order_and_overlaps() {
        let mut pieces = Pieces::default();
        pieces.add(4, b"efg");
        assert_eq!(pieces.prefix(), b"");
        pieces.add(2, b"cde");
        pieces.add(0, b"ab");
        assert_eq!(pieces.prefix(), b"abcdefg");
        pieces.add(usize::MAX - 1, b"xyz");
        pieces.add(40_000, b"far");
        assert_eq!(pieces.prefix(), b"abcdefg");
    }
}
