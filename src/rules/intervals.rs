//! Which of many overlapping ranges with the lowest rank holds a number: a search in sorted stretches.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Rank of a stretch that is in no range.
const NONE: u32 = u32::MAX;
/// Stretches by the first bits of a number, so that the search begins close to its end.
const BUCKETS: usize = 1 << 12;

/// Numbers that ranges are made of.
pub(super) trait Key: Copy + Ord {
    /// The smallest.
    const ZERO: Self;
    /// The next one, if there is one.
    fn next(self) -> Option<Self>;
    /// Its first bits, below [`BUCKETS`].
    fn bucket(self) -> usize;
}

impl Key for u16 {
    const ZERO: Self = 0;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    #[inline]
    fn bucket(self) -> usize {
        usize::from(self >> 4)
    }
}

impl Key for u32 {
    const ZERO: Self = 0;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    #[inline]
    fn bucket(self) -> usize {
        (self >> 20) as usize
    }
}

impl Key for u128 {
    const ZERO: Self = 0;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    #[inline]
    fn bucket(self) -> usize {
        // Twelve bits are all that is left.
        usize::try_from(self >> 116).unwrap_or(0)
    }
}

/// Disjoint stretches that cover all numbers, each with the lowest rank of the ranges that it is in.
#[derive(Debug)]
pub(super) struct Intervals<K> {
    /// First number of each stretch; the first is zero. Empty if there are no ranges.
    starts: Vec<K>,
    ranks: Vec<u32>,
    /// For each bucket the stretch that its first number is in, and at the end the last stretch.
    buckets: Vec<u32>,
}

impl<K> Default for Intervals<K> {
    fn default() -> Self {
        Self { starts: Vec::new(), ranks: Vec::new(), buckets: Vec::new() }
    }
}

impl<K: Key> Intervals<K> {
    /// From ranges (first, last, rank) in any order.
    pub(super) fn new(mut ranges: Vec<(K, K, u32)>) -> Self {
        if ranges.is_empty() {
            return Self::default();
        }
        ranges.sort_unstable();
        let mut points: Vec<K> = ranges.iter().flat_map(|(a, b, _)| [Some(*a), b.next()]).flatten().collect();
        points.push(K::ZERO);
        points.sort_unstable();
        points.dedup();
        let (mut starts, mut ranks) = (Vec::new(), Vec::new());
        let mut ranges = ranges.into_iter().peekable();
        let mut open = BinaryHeap::new();
        for point in points {
            while let Some((_, last, rank)) = ranges.next_if(|(first, _, _)| *first <= point) {
                open.push(Reverse((rank, last)));
            }
            while open.peek().is_some_and(|Reverse((_, last))| *last < point) {
                open.pop();
            }
            let rank = open.peek().map_or(NONE, |Reverse((rank, _))| *rank);
            if ranks.last() != Some(&rank) {
                starts.push(point);
                ranks.push(rank);
            }
        }
        let buckets = Self::buckets(&starts);
        Self { starts, ranks, buckets }
    }

    fn buckets(starts: &[K]) -> Vec<u32> {
        let mut stretch = 0;
        let mut next = starts.iter().skip(1).peekable();
        let mut buckets = Vec::with_capacity(BUCKETS + 1);
        for bucket in 0..BUCKETS {
            buckets.push(stretch);
            while next.next_if(|start| start.bucket() <= bucket).is_some() {
                stretch += 1;
            }
        }
        buckets.push(stretch);
        buckets
    }

    /// The lowest rank of the ranges that hold this number.
    #[inline]
    pub(super) fn find(&self, key: K) -> Option<u32> {
        let bucket = key.bucket();
        let low = *self.buckets.get(bucket)? as usize;
        let high = *self.buckets.get(bucket + 1)? as usize;
        // The stretch `low` begins before the bucket, the others up to `high` in it.
        let inside = self.starts.get(low + 1..=high).unwrap_or_default();
        let stretch = low + inside.partition_point(|start| *start <= key);
        self.ranks.get(stretch).copied().filter(|rank| *rank != NONE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_hand<K: Key>(ranges: &[(K, K, u32)], key: K) -> Option<u32> {
        ranges.iter().filter(|(a, b, _)| *a <= key && key <= *b).map(|(_, _, rank)| *rank).min()
    }

    #[test]
    fn nothing_and_everything() {
        assert_eq!(Intervals::<u16>::new(vec![]).find(7), None);
        let all = Intervals::new(vec![(0, u128::MAX, 3), (5, 5, 1)]);
        assert_eq!([0, 5, 6, u128::MAX].map(|k| all.find(k)), [Some(3), Some(1), Some(3), Some(3)]);
    }

    proptest! {
        #[test]
        fn finds_what_a_walk_finds(
            ranges in proptest::collection::vec((any::<u16>(), 0..3000_u16, 0..9_u32), 0..40),
            keys in proptest::collection::vec(any::<u16>(), 200),
        ) {
            let ranges: Vec<_> = ranges.into_iter().map(|(a, n, rank)| (a, a.saturating_add(n), rank)).collect();
            let table = Intervals::new(ranges.clone());
            let edges = ranges.iter().flat_map(|(a, b, _)| [*a, *b, a.wrapping_sub(1), b.wrapping_add(1)]);
            for key in keys.into_iter().chain(edges) {
                prop_assert_eq!(table.find(key), by_hand(&ranges, key), "{}", key);
            }
            let wide = |n: u16| u32::from(n) << 11;
            let ranges: Vec<_> = ranges.iter().map(|(a, b, rank)| (wide(*a), wide(*b), *rank)).collect();
            let table = Intervals::new(ranges.clone());
            for key in ranges.iter().flat_map(|(a, b, _)| [*a, *b, a.wrapping_sub(1), b.wrapping_add(1)]) {
                prop_assert_eq!(table.find(key), by_hand(&ranges, key), "{}", key);
            }
        }
    }
}
