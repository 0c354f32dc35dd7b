//! The two captures that rules make of one: what they let through, and what they stop.

use std::path::Path;

use super::atomic::{Existing, OutputError};
use super::capture::{CaptureWriter, Choice};
use crate::engine::source::{Interface, Record};
use crate::engine::writer::{PacketSink, SinkError};

/// Writes forwarded packets to one capture and stopped ones to another; either may be missing.
pub struct Split {
    forwarded: Option<CaptureWriter>,
    stopped: Option<CaptureWriter>,
}

impl Split {
    /// Begins the captures.
    ///
    /// # Errors
    /// If one cannot be made.
    pub fn create(forwarded: Option<&Path>, stopped: Option<&Path>) -> Result<Self, OutputError> {
        Self::create_with(forwarded, stopped, Existing::Replace)
    }

    /// Begins the captures, and says what becomes of files that are there.
    ///
    /// # Errors
    /// If one cannot be made.
    pub fn create_with(
        forwarded: Option<&Path>,
        stopped: Option<&Path>,
        existing: Existing,
    ) -> Result<Self, OutputError> {
        let begin = |path: Option<&Path>| path.map(|p| CaptureWriter::create(p, existing, Choice::Auto)).transpose();
        Ok(Self { forwarded: begin(forwarded)?, stopped: begin(stopped)? })
    }
}

impl PacketSink for Split {
    fn packet(
        &mut self,
        record: &Record,
        data: &[u8],
        interfaces: &[Interface],
        stopped: bool,
    ) -> Result<(), SinkError> {
        let writer = if stopped { &mut self.stopped } else { &mut self.forwarded };
        match writer {
            Some(writer) => writer.write(record, data, interfaces).map_err(SinkError::from),
            None => Ok(()),
        }
    }

    fn finish(self: Box<Self>, interfaces: &[Interface]) -> Result<(), SinkError> {
        for writer in [self.forwarded, self.stopped].into_iter().flatten() {
            writer.finish(interfaces)?;
        }
        Ok(())
    }
}

impl From<OutputError> for SinkError {
    fn from(error: OutputError) -> Self {
        Self { text: error.to_string(), closed_pipe: error.is_closed_pipe() }
    }
}
