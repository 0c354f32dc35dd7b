//! What a worker tells the collector at a tick.

use super::tracker::Tracker;

/// What changed in one worker since the last tick.
pub struct Update;

/// Gathers what changed.
pub fn update(_place: usize, _tracker: &mut Tracker, _open: u64) -> Update {
    Update
}
