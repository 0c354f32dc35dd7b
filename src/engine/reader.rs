//! The capture thread: packets from the source, decoded once, to the worker that has their hosts.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::filter::PacketFilter;
use super::source::{Chunk, Interface, More, Progress, Record, Source, SourceError};
use super::writer::ToWriter;
use crate::packet::{self, Carrier, Fragment, Fragments, Headers, LinkType, Piece, Undecoded};

/// One packet on its way to a worker.
#[derive(Debug, Clone, Copy)]
pub struct Decoded {
    /// Its number, from 1.
    pub number: u64,
    /// Time in nanoseconds.
    pub time: i64,
    /// Bytes on the wire.
    pub wire: u32,
    /// Its place in the chunk's records.
    pub record: u32,
    /// Its headers; payload offsets are into the chunk's bytes.
    pub headers: Headers,
    /// Its carriers in the batch's list: first and number.
    pub carriers: (u32, u32),
}

/// What a worker gets of one chunk.
#[derive(Debug, Default)]
pub struct Batch {
    /// Number of the chunk.
    pub chunk: u64,
    /// The bytes, while the batch is on its way.
    pub bytes: Option<Arc<Chunk>>,
    /// The packets of this worker.
    pub packets: Vec<Decoded>,
    /// Carriers of those packets.
    pub carriers: Vec<Carrier>,
}

/// Counters of the capture thread.
#[derive(Debug, Clone, Default)]
pub struct ReadTotals {
    /// Packets after filter and count.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Innermost TCP, UDP, everything else that was decoded.
    pub by_transport: [u64; 3],
    /// Undecoded packets by [`Undecoded`].
    pub undecoded: [u64; Undecoded::ALL.len()],
    /// Wrong IPv4 header checksums.
    pub bad_checksums: u64,
    /// Fragmented datagrams that were given up.
    pub fragments_given_up: u64,
    /// First and latest time stamp.
    pub span: Option<(i64, i64)>,
}

/// How the reading ended.
#[derive(Debug)]
pub struct ReadEnd {
    /// Counters.
    pub totals: ReadTotals,
    /// Interfaces of the source.
    pub interfaces: Vec<Interface>,
    /// What went wrong, one sentence each. What was read before counts.
    pub warnings: Vec<String>,
}

/// What the capture thread is made of.
pub struct Reader {
    /// Where packets come from.
    pub source: Box<dyn Source>,
    /// Which of them count.
    pub filter: Option<PacketFilter>,
    /// How many at most.
    pub count: Option<u64>,
    /// One queue for each worker.
    pub workers: Vec<Sender<Batch>>,
    /// Batches that were worked off, to be used again.
    pub returned: Receiver<Batch>,
    /// The writer, if packets are to be written.
    pub writer: Option<Sender<ToWriter>>,
    /// Says what was read so far, and whether to go on.
    pub control: Watch,
}

/// Hears of progress after each chunk, and says whether to go on.
pub type Watch = Box<dyn FnMut(&ReadTotals, Progress) -> Go + Send>;

/// Whether the capture thread goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    /// Reads the next chunk.
    On,
    /// Ends here.
    Stop,
}

/// The state between chunks.
#[derive(Default)]
struct State {
    totals: ReadTotals,
    fragments: Fragments,
    chunks: Vec<Arc<Chunk>>,
    spare: Vec<Batch>,
    carriers: Vec<Carrier>,
    interfaces: Arc<[Interface]>,
    serial: u64,
}

impl Reader {
    /// Reads to the end of the source, of the count, or until told to stop.
    pub fn run(mut self) -> ReadEnd {
        let mut state = State::default();
        let mut warnings = Vec::new();
        loop {
            match self.chunk(&mut state) {
                Ok(More::Yes) if !self.counted_out(&state) => {}
                Ok(_) => break,
                Err(error) => {
                    warnings.push(error.to_string());
                    break;
                }
            }
            if (self.control)(&state.totals, self.source.progress()) == Go::Stop {
                break;
            }
        }
        (self.control)(&state.totals, self.source.progress());
        if let Some(writer) = &self.writer {
            let _ = writer.send(ToWriter::End(self.source.interfaces().into()));
        }
        warnings.extend(self.source.warnings().iter().map(ToString::to_string));
        state.totals.fragments_given_up = state.fragments.given_up();
        ReadEnd { totals: state.totals, interfaces: self.source.interfaces().to_vec(), warnings }
    }

    fn counted_out(&self, state: &State) -> bool {
        self.count.is_some_and(|most| state.totals.packets >= most)
    }

    /// Reads, decodes and hands on one chunk.
    fn chunk(&mut self, state: &mut State) -> Result<More, SourceError> {
        let mut shared = state.free_chunk();
        let Some(chunk) = Arc::get_mut(&mut shared) else { return Ok(More::No) }; // free_chunk gives only unshared ones
        chunk.clear();
        let more = self.source.fill(chunk)?;
        if let Some(filter) = &mut self.filter {
            filter.apply(chunk, self.source.interfaces()).map_err(SourceError::Device)?;
        }
        if let Some(most) = self.count {
            chunk.records.truncate(usize::try_from(most.saturating_sub(state.totals.packets)).unwrap_or(usize::MAX));
        }
        let mut batches: Vec<Batch> = self.workers.iter().map(|_| self.batch(state)).collect();
        self.decode(state, chunk, &mut batches);
        self.hand_on(state, &shared, batches);
        state.chunks.push(shared);
        state.serial += 1;
        Ok(more)
    }

    /// An empty batch, a used one if there is any.
    fn batch(&self, state: &mut State) -> Batch {
        let mut batch = state.spare.pop().or_else(|| self.returned.try_recv().ok()).unwrap_or_default();
        batch.packets.clear();
        batch.carriers.clear();
        batch.chunk = state.serial;
        batch
    }

    fn decode(&self, state: &mut State, chunk: &mut Chunk, batches: &mut [Batch]) {
        for index in 0..chunk.records.len() {
            let Some(record) = chunk.records.get(index).copied() else { break };
            let interface = self.source.interfaces().get(record.interface as usize);
            let link = interface.map_or(LinkType(u32::MAX), |i| i.link);
            state.totals.count(&record);
            match state.decode(chunk, &record, link) {
                Ok(headers) => state.dispatch(headers, &record, index, batches),
                Err(reason) => {
                    if let Some(n) = state.totals.undecoded.get_mut(reason as usize) {
                        *n += 1;
                    }
                }
            }
        }
    }

    /// Sends the batches. A file waits for room in the queues: it never drops.
    fn hand_on(&self, state: &mut State, chunk: &Arc<Chunk>, batches: Vec<Batch>) {
        if let Some(writer) = &self.writer
            && !chunk.records.is_empty()
        {
            let answers = batches.iter().filter(|b| !b.packets.is_empty()).count();
            let interfaces = state.interfaces(self.source.interfaces());
            let _ =
                writer.send(ToWriter::Chunk { serial: state.serial, bytes: Arc::clone(chunk), answers, interfaces });
        }
        for (worker, mut batch) in self.workers.iter().zip(batches) {
            if batch.packets.is_empty() {
                state.spare.push(batch);
                continue;
            }
            batch.bytes = Some(Arc::clone(chunk));
            let _ = worker.send(batch); // a worker that is gone has panicked, which ends the run elsewhere
        }
    }
}

impl State {
    /// The interfaces in a form that is cheap to hand on with each chunk.
    fn interfaces(&mut self, now: &[Interface]) -> Arc<[Interface]> {
        if self.interfaces.len() != now.len() {
            self.interfaces = now.into();
        }
        Arc::clone(&self.interfaces)
    }

    /// A chunk that nobody holds any more, or a new one. The queues bound how many there are.
    fn free_chunk(&mut self) -> Arc<Chunk> {
        let free = self.chunks.iter().position(|c| Arc::strong_count(c) == 1);
        free.map_or_else(Arc::default, |place| self.chunks.swap_remove(place))
    }

    /// Decodes one packet; datagrams put together from fragments are appended to the chunk.
    fn decode(&mut self, chunk: &mut Chunk, record: &Record, link: LinkType) -> Result<Headers, Undecoded> {
        self.carriers.clear();
        let (mut headers, fragment) = packet::decode(link, chunk.data(record), record.wire, &mut self.carriers)?;
        self.totals.bad_checksums += u64::from(headers.bad_checksum);
        if let Some(fragment) = fragment {
            return self.fragment(chunk, record, &headers, &fragment);
        }
        headers.payload_at += record.offset;
        Ok(headers)
    }

    fn fragment(
        &mut self,
        chunk: &mut Chunk,
        record: &Record,
        headers: &Headers,
        fragment: &Fragment,
    ) -> Result<Headers, Undecoded> {
        let at = fragment.at as usize;
        let data = chunk.data(record);
        let bytes = data.get(at..at + fragment.len as usize).unwrap_or_default();
        let first = (fragment.offset == 0).then_some((headers.key, headers.from_low));
        match self.fragments.push(fragment, bytes, first) {
            Piece::Whole(datagram) => {
                let mut whole = packet::decode_ip_payload(fragment, &datagram, &mut self.carriers)?;
                whole.payload_at += u32::try_from(chunk.bytes.len()).unwrap_or(u32::MAX);
                chunk.bytes.extend_from_slice(&datagram);
                Ok(whole)
            }
            Piece::Waiting(Some((key, from_low))) if first.is_none() => Ok(Headers { key, from_low, ..*headers }),
            Piece::Waiting(_) if first.is_some() => {
                Ok(Headers { payload_at: headers.payload_at + record.offset, ..*headers })
            }
            Piece::Waiting(_) => Err(Undecoded::Fragment),
        }
    }

    /// Puts a packet into the batch of the worker that has its two hosts.
    fn dispatch(&mut self, headers: Headers, record: &Record, index: usize, batches: &mut [Batch]) {
        let transport = match headers.key.proto() {
            6 => 0,
            17 | 136 => 1,
            _ => 2,
        };
        if let Some(n) = self.totals.by_transport.get_mut(transport) {
            *n += 1;
        }
        let Some(batch) = pick(batches, headers.key.pair_word()) else { return };
        let first = u32::try_from(batch.carriers.len()).unwrap_or(u32::MAX);
        batch.carriers.extend_from_slice(&self.carriers);
        batch.packets.push(Decoded {
            number: self.totals.packets,
            time: record.time,
            wire: record.wire,
            record: u32::try_from(index).unwrap_or(u32::MAX),
            headers,
            carriers: (first, u32::try_from(self.carriers.len()).unwrap_or(0)),
        });
    }
}

/// The same pair of hosts goes to the same worker.
fn pick<T>(list: &mut [T], word: u64) -> Option<&mut T> {
    let spread = word.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32;
    let workers = u64::try_from(list.len()).unwrap_or(1).max(1);
    list.get_mut(usize::try_from((spread * workers) >> 32).unwrap_or(0))
}

impl ReadTotals {
    fn count(&mut self, record: &Record) {
        self.packets += 1;
        self.bytes += u64::from(record.wire);
        let (first, last) = self.span.unwrap_or((record.time, record.time));
        self.span = Some((first, last.max(record.time)));
    }
}
