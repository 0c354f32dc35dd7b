//! Floor 6: snapshot or records to bytes, one file per format; and how a file comes to be written whole or not at all.

pub mod atomic;
pub mod capture;
mod capture_blocks;
mod packed;
pub mod rules;
