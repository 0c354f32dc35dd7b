//! What a run has yielded: all flows in the order in which they began, and the counters.

use super::book::NameBook;
use super::pipeline::Pipeline;
use super::reader::ReadEnd;
use super::record::FlowRecord;
use super::snapshot::Totals;
use super::tracker::{CarrierFlow, EndReason, Tracked, Tracker};
use super::worker::FromWorker;
use super::writer::SinkError;
use crate::classify::Knowledge;
use crate::flow::Flow;
use crate::packet::{Key, Undecoded};
use std::sync::Arc;

/// Everything that is left when the input has ended.
pub struct Harvest {
    /// What names came from.
    pub knowledge: Arc<Knowledge>,
    /// The workers' shares, in their order.
    pub trackers: Vec<Tracker>,
    /// Flows that ended before the input did, evicted ones excepted.
    pub ended: Vec<Flow<Tracked>>,
    /// Names by address.
    pub book: NameBook,
    /// Outer flows with the shares of all workers summed.
    pub carriers: Vec<(Key, CarrierFlow)>,
    /// How the reading ended.
    pub read: ReadEnd,
}

/// A flow of the harvest.
enum Entry<'a> {
    Flow(&'a Flow<Tracked>),
    Carrier(Key, &'a CarrierFlow),
}

impl Harvest {
    /// Runs a pipeline to its end. Flows that are put out are handed to `evicted` at once.
    ///
    /// # Errors
    /// What could not be written, or which thread failed.
    pub fn gather(
        pipeline: Pipeline,
        knowledge: Arc<Knowledge>,
        mut evicted: impl FnMut(&FlowRecord) -> Result<(), SinkError>,
    ) -> Result<Self, SinkError> {
        let (mut trackers, mut ended, mut book) = (Vec::new(), Vec::new(), NameBook::default());
        for message in &pipeline.inbox {
            match message {
                FromWorker::Mail(mail) => {
                    mail.names.into_iter().for_each(|hint| book.add(hint));
                    for flow in mail.ended {
                        if flow.data.reason == EndReason::Forced {
                            evicted(&FlowRecord::new(&flow, true, &knowledge, &book))?;
                        } else {
                            ended.push(flow);
                        }
                    }
                }
                FromWorker::Update(_) => {}
                FromWorker::Done(place, tracker) => trackers.push((place, *tracker)),
            }
        }
        let read = pipeline.finish()?;
        trackers.sort_by_key(|(place, _)| *place);
        let trackers: Vec<Tracker> = trackers.into_iter().map(|(_, t)| t).collect();
        let carriers = carriers_of(&trackers);
        Ok(Self { knowledge, trackers, ended, book, carriers, read })
    }

    /// The record of each flow, in the order in which they began, carriers included.
    pub fn records(&self) -> impl Iterator<Item = FlowRecord<'_>> {
        let live = self.trackers.iter().flat_map(|t| t.table.iter().map(|(_, f)| (f.first, Entry::Flow(f))));
        let ended = self.ended.iter().map(|f| (f.first, Entry::Flow(f)));
        let carriers = self.carriers.iter().map(|(key, f)| (f.first, Entry::Carrier(*key, f)));
        let mut all: Vec<_> = carriers.chain(live).chain(ended).collect();
        all.sort_by_key(|(first, entry)| (*first, matches!(entry, Entry::Flow(_))));
        all.into_iter().map(|(_, entry)| match entry {
            Entry::Flow(flow) => FlowRecord::new(flow, true, &self.knowledge, &self.book),
            Entry::Carrier(key, flow) => FlowRecord::carrier(key, flow, &self.knowledge),
        })
    }

    /// The counters.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let read = &self.read.totals;
        let sum = |f: fn(&Tracker) -> u64| self.trackers.iter().map(f).sum::<u64>();
        let undecoded = Undecoded::ALL.iter().zip(read.undecoded).filter(|(_, n)| *n > 0).map(|(u, n)| (u.name(), n));
        let undecoded: Vec<_> = undecoded.collect();
        let lost: u64 = undecoded.iter().map(|(_, n)| n).sum();
        let dropped = sum(|t| t.dropped.packets);
        let (evicted, live) = (sum(|t| t.mail.evicted), sum(|t| t.table.len() as u64));
        Totals {
            packets: read.packets,
            bytes: read.bytes,
            tcp: read.by_transport[0],
            udp: read.by_transport[1],
            other: read.by_transport[2],
            decoded: read.packets - lost,
            undecoded,
            forwarded: read.packets - dropped,
            dropped,
            begun: sum(|t| t.begun),
            live,
            ended: sum(|t| t.mail.timed_out),
            evicted,
            kernel_drops: 0,
            queue_drops: 0,
            limits: self.limits(),
            first: read.span.map(|s| s.0),
            last: read.span.map(|s| s.1),
        }
    }

    /// How often each limit was reached.
    fn limits(&self) -> Vec<(&'static str, u64)> {
        let sum = |f: fn(&Tracker) -> u64| self.trackers.iter().map(f).sum::<u64>();
        vec![
            ("flows", sum(|t| t.mail.evicted)),
            ("streams", sum(|t| t.effort().overfull)),
            ("stream_holes", sum(|t| t.effort().holes)),
            ("fragments", self.read.totals.fragments_given_up),
            ("names", self.book.lost),
            ("carriers", sum(|t| t.carriers_lost)),
            ("bad_ip_checksums", self.read.totals.bad_checksums),
        ]
    }
}

/// Outer flows with the shares of all workers summed: the same one may have carried flows of several workers.
#[must_use]
pub fn carriers_of(trackers: &[Tracker]) -> Vec<(Key, CarrierFlow)> {
    let shares = trackers.iter().flat_map(|t| t.carriers.iter());
    let mut all: Vec<(Key, CarrierFlow)> = shares.map(|(key, flow)| (*key, flow.clone())).collect();
    all.sort_by_key(|(key, flow)| (*key, flow.first));
    all.dedup_by(|(key, share), (first_key, whole)| {
        let same = key == first_key;
        if same {
            add(whole, share);
        }
        same
    });
    all
}

/// Adds a share to the flow with the earlier first packet, whose client counts.
fn add(whole: &mut CarrierFlow, share: &CarrierFlow) {
    let turned = whole.client_is_low != share.client_is_low;
    for (side, count) in share.counts.iter().enumerate() {
        let side = if turned { 1 - side } else { side };
        if let Some(sum) = whole.counts.get_mut(side) {
            sum.packets += count.packets;
            sum.bytes += count.bytes;
        }
    }
    whole.end = whole.end.max(share.end);
    whole.start = whole.start.min(share.start);
}
