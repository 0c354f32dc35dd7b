//! What several families need: readers of encodings that many protocols share. No protocol of its own.

pub mod asn1;
pub mod at;
pub mod cotp;
pub mod pieces;
pub mod text;
pub mod tpkt;
pub mod utf16;
