//! What the TCP headers of a flow tell: its state, the round-trip time of the handshake, segments sent again (RFC 9293).

use crate::packet::Tcp;

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TcpState {
    /// One side has spoken.
    #[default]
    New,
    /// Both sides have.
    Established,
    /// Both sides have sent FIN.
    Closed,
    /// Somebody sent RST.
    Reset,
}

impl TcpState {
    /// Its name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Established => "established",
            Self::Closed => "closed",
            Self::Reset => "reset",
        }
    }
}

/// The state of one connection. Index 0 is the client's direction.
#[derive(Debug, Clone, Copy, Default)]
pub struct TcpTrack {
    next: [u32; 2],
    first: [u32; 2],
    /// All flags seen, by direction.
    pub flags: [u8; 2],
    seen: [bool; 2],
    answered: bool,
    syn_at: i64,
    rtt: u32,
    /// Segments with payload that had been sent before, by direction.
    pub retransmissions: [u16; 2],
}

impl TcpTrack {
    /// Takes the header of one segment with `payload` bytes on the wire, sent at `time` (ns).
    pub fn segment(&mut self, tcp: &Tcp, side: usize, payload: u32, time: i64) {
        let (Some(seen), Some(next), Some(flags)) =
            (self.seen.get_mut(side), self.next.get_mut(side), self.flags.get_mut(side))
        else {
            return;
        };
        *flags |= tcp.flags.0;
        let length = payload + u32::from(tcp.flags.syn()) + u32::from(tcp.flags.fin());
        let end = tcp.seq.wrapping_add(length);
        let ahead = end.wrapping_sub(*next).cast_signed();
        let keep_alive = payload <= 1 && tcp.seq.wrapping_add(1) == *next;
        if !*seen || ahead > 0 || tcp.flags.syn() {
            *next = end;
        } else if payload > 0
            && !keep_alive
            && let Some(n) = self.retransmissions.get_mut(side)
        {
            *n = n.saturating_add(1);
        }
        *seen = true;
        if tcp.flags.syn()
            && let Some(first) = self.first.get_mut(side)
        {
            *first = tcp.seq;
        }
        self.handshake(tcp, side, time);
    }

    /// The round trip is from the client's SYN to its ACK, so that it is whole wherever the capture was taken.
    fn handshake(&mut self, tcp: &Tcp, side: usize, time: i64) {
        let (syn, ack) = (tcp.flags.syn(), tcp.flags.ack());
        match (side, syn, ack) {
            (0, true, false) => self.syn_at = time,
            (1, true, true) => self.answered = true,
            (0, false, true) if self.answered && self.rtt == 0 && self.syn_at != 0 => {
                self.rtt = u32::try_from(time.saturating_sub(self.syn_at) / 1_000).unwrap_or(0).max(1);
            }
            _ => {}
        }
    }

    /// Where the connection stands.
    #[must_use]
    pub fn state(&self) -> TcpState {
        let [up, down] = self.flags;
        if (up | down) & 4 != 0 {
            TcpState::Reset
        } else if up & down & 1 != 0 {
            TcpState::Closed
        } else if self.seen == [true, true] && up | down != 2 && (up & 16 != 0) {
            TcpState::Established
        } else {
            TcpState::New
        }
    }

    /// Round-trip time of the handshake in nanoseconds, if it was seen.
    #[must_use]
    pub fn rtt(&self) -> Option<i64> {
        (self.rtt > 0).then(|| i64::from(self.rtt) * 1_000)
    }

    /// Sequence numbers of the SYNs seen, by direction.
    #[must_use]
    pub fn syns(&self) -> [Option<u32>; 2] {
        let syn = |side: usize| self.flags.get(side).filter(|f| **f & 2 != 0).and(self.first.get(side)).copied();
        [syn(0), syn(1)]
    }

    /// Whether the beginning of the connection was captured.
    #[must_use]
    pub fn from_start(&self) -> bool {
        (self.flags[0] | self.flags[1]) & 2 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::TcpFlags;

    fn tcp(seq: u32, flags: u8) -> Tcp {
        Tcp { seq, flags: TcpFlags(flags), ..Tcp::default() }
    }

    #[test]
    fn a_handshake_gives_state_and_round_trip_time() {
        let mut t = TcpTrack::default();
        t.segment(&tcp(99, 2), 0, 0, 1_000_000);
        assert_eq!(t.state(), TcpState::New);
        t.segment(&tcp(499, 18), 1, 0, 5_000_000);
        t.segment(&tcp(100, 16), 0, 0, 6_000_000);
        assert_eq!((t.state(), t.rtt()), (TcpState::Established, Some(5_000_000)));
        t.segment(&tcp(100, 24), 0, 10, 7_000_000);
        t.segment(&tcp(100, 24), 0, 10, 8_000_000);
        assert_eq!(t.retransmissions, [1, 0]);
        t.segment(&tcp(110, 17), 0, 0, 9_000_000);
        t.segment(&tcp(500, 17), 1, 0, 9_000_000);
        assert_eq!(t.state(), TcpState::Closed);
    }

    #[test]
    fn a_reset_is_a_reset() {
        let mut t = TcpTrack::default();
        t.segment(&tcp(1, 2), 0, 0, 1);
        t.segment(&tcp(0, 20), 1, 0, 2);
        assert_eq!(t.state(), TcpState::Reset);
    }
}
