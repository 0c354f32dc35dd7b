//! Floor 6: packets and results to files: captures, and files that are there as a whole or not at all.

pub mod atomic;
pub mod capture;
mod capture_blocks;
mod packed;
pub mod rules;
pub mod split;
