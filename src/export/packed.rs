//! An output that is compressed if its name says so.

use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::atomic::{Output, OutputError};

/// Where the bytes go, compressed or not.
pub(super) enum Sink {
    Plain(Output),
    Gzip(GzEncoder<Output>),
    Zstd(zstd::Encoder<'static, Output>),
}

impl Sink {
    /// By the ending of the path: `.gz`, `.zst`, anything else is plain.
    pub(super) fn new(output: Output, path: &Path) -> Result<Self, OutputError> {
        let failed = |error| OutputError { path: path.to_path_buf(), action: "create", error };
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("gz") => Ok(Self::Gzip(GzEncoder::new(output, Compression::default()))),
            Some("zst") => zstd::Encoder::new(output, 0).map(Self::Zstd).map_err(failed),
            _ => Ok(Self::Plain(output)),
        }
    }

    /// Writes all of it.
    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(output) => output.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
            Self::Zstd(encoder) => encoder.write_all(bytes),
        }
    }

    /// Hands on what the compression holds back, so that what was written can be unpacked.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(output) => output.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }

    /// The file.
    pub(super) fn output(&self) -> &Output {
        match self {
            Self::Plain(output) => output,
            Self::Gzip(encoder) => encoder.get_ref(),
            Self::Zstd(encoder) => encoder.get_ref(),
        }
    }

    /// Ends the compression and then the file.
    pub(super) fn finish(self) -> Result<(), OutputError> {
        let path = self.output().path().to_path_buf();
        let failed = |error| OutputError { path, action: "write", error };
        let output = match self {
            Self::Plain(output) => output,
            Self::Gzip(encoder) => encoder.finish().map_err(failed)?,
            Self::Zstd(encoder) => encoder.finish().map_err(failed)?,
        };
        output.finish()
    }
}
