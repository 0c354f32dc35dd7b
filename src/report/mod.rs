//! Floor 6: what was found, as bytes: one file per format.

pub mod json;
