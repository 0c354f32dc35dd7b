//! One direction of a TCP connection, put in order within bounds.
//!
//! Segments in order are handed on as they are, without a copy. Those ahead of a hole wait, at most
//! [`limits::SEGMENTS_WAITING`] of them with [`limits::STREAM_BYTES`] bytes; when there is no more room the hole is given
//! up. Bytes that were handed on once are never replaced by later ones.

use crate::limits;

/// What a segment meant for the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival<'a> {
    /// These bytes are next.
    Next(&'a [u8]),
    /// It waits for a hole to be filled.
    Held,
    /// It brought nothing new.
    Old,
}

/// The order of one direction.
#[derive(Debug, Default)]
pub struct Stream {
    /// Sequence number of the next byte, once known.
    next: Option<u32>,
    /// Whether the SYN was seen.
    anchored: bool,
    /// Where a later SYN with another number would have the data begin: believed when data does begin there.
    other: Option<u32>,
    /// Segments ahead of a hole, by sequence number.
    waiting: Vec<(u32, Box<[u8]>)>,
    bytes: usize,
}

impl Stream {
    /// A SYN: the first byte of data is the one after it.
    pub fn syn(&mut self, seq: u32) {
        let first = seq.wrapping_add(1);
        match self.next {
            Some(next) if next == first => {}
            Some(_) => self.other = Some(first),
            None => *self = Self { next: Some(first), anchored: true, ..Self::default() },
        }
    }

    /// Whether the beginning was not captured.
    #[must_use]
    pub fn midstream(&self) -> bool {
        !self.anchored
    }

    /// Takes the payload of a segment.
    pub fn segment<'a>(&mut self, seq: u32, data: &'a [u8]) -> Arrival<'a> {
        if data.is_empty() {
            return Arrival::Old;
        }
        if self.other == Some(seq) {
            *self = Self { next: Some(seq), anchored: true, ..Self::default() };
        }
        let next = *self.next.get_or_insert(seq);
        let ahead = seq.wrapping_sub(next).cast_signed();
        if ahead > 0 {
            return self.hold(seq, data);
        }
        let known = ahead.unsigned_abs() as usize;
        match data.get(known..) {
            Some(fresh) if !fresh.is_empty() => {
                self.advance(fresh.len());
                Arrival::Next(fresh)
            }
            _ => Arrival::Old,
        }
    }

    /// The next waiting segment that has come into order, to be asked for until there is none.
    pub fn follow(&mut self) -> Option<Box<[u8]>> {
        while let Some((seq, _)) = self.waiting.first() {
            let ahead = seq.wrapping_sub(self.next?).cast_signed();
            if ahead > 0 {
                return None;
            }
            let (_, data) = self.waiting.remove(0);
            self.bytes -= data.len();
            if let Some(fresh) = data.get(ahead.unsigned_abs() as usize..).filter(|f| !f.is_empty()) {
                self.advance(fresh.len());
                return Some(if ahead == 0 { data } else { fresh.into() });
            }
        }
        None
    }

    /// Whether there is no more room to wait for a hole to be filled.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= limits::SEGMENTS_WAITING || self.bytes >= limits::STREAM_BYTES
    }

    /// Whether the other side has acknowledged bytes that never came by: the hole will not be filled.
    #[must_use]
    pub fn lost(&self, acknowledged: u32) -> bool {
        let (Some(next), Some((seq, _))) = (self.next, self.waiting.first()) else { return false };
        acknowledged.wrapping_sub(*seq).cast_signed() > 0 && seq.wrapping_sub(next).cast_signed() > 0
    }

    /// Gives up the hole: goes on with the first waiting segment. Whether there was one.
    pub fn give_up(&mut self) -> bool {
        let Some((seq, _)) = self.waiting.first() else { return false };
        self.next = Some(*seq);
        true
    }

    /// Steps over bytes that were sent but not captured.
    pub fn skip(&mut self, bytes: usize) {
        self.advance(bytes);
    }

    /// Bytes that wait.
    #[must_use]
    pub fn held(&self) -> usize {
        self.bytes
    }

    fn advance(&mut self, bytes: usize) {
        if let (Some(next), Ok(n)) = (self.next.as_mut(), u32::try_from(bytes)) {
            *next = next.wrapping_add(n);
        }
    }

    /// Keeps a segment in its place. Of two that begin alike the longer stays; the order in time decides on overlaps
    /// when they are handed on.
    fn hold(&mut self, seq: u32, data: &[u8]) -> Arrival<'static> {
        let next = self.next.unwrap_or(seq);
        let distance = |s: u32| s.wrapping_sub(next);
        if distance(seq) > FARTHEST || self.is_full() {
            return Arrival::Held;
        }
        let place = self.waiting.partition_point(|(s, _)| distance(*s) < distance(seq));
        match self.waiting.get_mut(place) {
            Some((s, old)) if *s == seq => {
                if old.len() < data.len() {
                    let tail = data.get(old.len()..).unwrap_or_default();
                    let longer = [old.as_ref(), tail].concat();
                    self.bytes += tail.len();
                    *old = longer.into();
                }
            }
            _ => {
                self.bytes += data.len();
                self.waiting.insert(place, (seq, data.into()));
            }
        }
        Arrival::Held
    }
}

/// Segments further ahead than any window lets a sender go belong to another connection.
const FARTHEST: u32 = 1 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(stream: &mut Stream, seq: u32, data: &[u8], out: &mut Vec<u8>) {
        if let Arrival::Next(fresh) = stream.segment(seq, data) {
            out.extend_from_slice(fresh);
            while let Some(more) = stream.follow() {
                out.extend_from_slice(&more);
            }
        }
    }

    #[test]
    fn any_order_gives_the_same_bytes() {
        let text = b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n";
        for order in [vec![0, 1, 2, 3], vec![3, 2, 1, 0], vec![2, 0, 3, 1]] {
            let (mut stream, mut out) = (Stream::default(), Vec::new());
            stream.syn(u32::MAX - 10); // the numbers wrap within the text
            for i in order {
                let part = &text[i * 9..(i * 9 + 13).min(text.len())]; // overlapping
                collect(&mut stream, (u32::MAX - 9).wrapping_add(i as u32 * 9), part, &mut out);
            }
            assert_eq!(out, text[..out.len()]);
            assert_eq!(out.len(), text.len());
        }
    }

    #[test]
    fn a_second_syn_counts_only_if_data_follows_it() {
        let (mut stream, mut out) = (Stream::default(), Vec::new());
        stream.syn(100);
        stream.syn(900);
        collect(&mut stream, 101, b"first", &mut out);
        assert_eq!(out, b"first");
        collect(&mut stream, 901, b"again", &mut out);
        assert_eq!(out, b"firstagain");
    }

    #[test]
    fn first_bytes_stay() {
        let (mut stream, mut out) = (Stream::default(), Vec::new());
        stream.syn(0);
        collect(&mut stream, 1, b"good", &mut out);
        collect(&mut stream, 1, b"evilmore", &mut out);
        assert_eq!(out, b"goodmore");
    }

    #[test]
    fn a_hole_is_given_up_when_acknowledged_or_full() {
        let mut stream = Stream::default();
        stream.syn(0);
        assert_eq!(stream.segment(11, b"late"), Arrival::Held);
        assert!(!stream.lost(5));
        assert!(stream.lost(15));
        assert!(stream.give_up());
        assert_eq!(stream.follow().as_deref(), Some(&b"late"[..]));
        for i in 0..10_000_u32 {
            stream.segment(100 + i * 2, &[0]);
        }
        assert!(stream.is_full() && stream.waiting.len() <= limits::SEGMENTS_WAITING);
    }
}
