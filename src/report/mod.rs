//! Floor 6: what was found, as bytes: one file per format.

pub mod csv;
pub mod effort;
pub mod json;
