//! Floor 6: what was found, as bytes: one file per format.
//!
//! [`Report`] gathers what every format of the report shows, in the order of its sections.

pub mod csv;
pub mod effort;
pub mod json;
pub mod markdown;
mod sections;
pub mod summary_json;
pub mod text;

pub use sections::{AppLine, Destination, DomainLine, Report, RuleLine, SuspectLine, WorkerLine};
