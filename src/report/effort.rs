//! What identifying cost: for `-v` and the statistics view.

use std::time::Duration;

use crate::engine::harvest::Harvest;
use crate::engine::tracker::{Tracked, Tracker};
use crate::flow::Flow;

/// The figures as lines of text.
#[must_use]
pub fn text(harvest: &Harvest, wall: Duration) -> String {
    let read = &harvest.read.totals;
    let asked: u64 = harvest.trackers.iter().map(|t| t.effort().asked).sum();
    let begun: u64 = harvest.trackers.iter().map(|t| t.begun).sum();
    let rest = bytes_at_rest(&harvest.trackers);
    format!(
        "packets            {}\nflows              {begun}\nseconds            {:.3}\nprobes asked       {asked} ({:.2} a flow)\n\
         bytes a flow       {rest} at rest\n",
        read.packets,
        wall.as_secs_f64(),
        ratio(asked, begun),
    )
}

/// Mean bytes of a flow that is no longer inspected, what it points to included.
fn bytes_at_rest(trackers: &[Tracker]) -> u64 {
    let flows = trackers.iter().flat_map(|t| t.table.iter().map(|(_, f)| f));
    let (sum, n) =
        flows.filter(|f| !f.data.known.is_inspected()).fold((0_u64, 0), |(sum, n), f| (sum + size(f), n + 1));
    sum.checked_div(n).unwrap_or(0)
}

fn size(flow: &Flow<Tracked>) -> u64 {
    (size_of::<Flow<Tracked>>() + flow.data.known.held()) as u64
}

#[allow(clippy::cast_precision_loss)] // a mean for people
fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}
