//! The bytes of a capture: a file, a pipe or standard input, unpacked if it is gzip or zstd.
//!
//! The compression is told by the first bytes, never by the name. Only one layer is taken off.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::{Progress, SourceError};

/// The name that standard input has in messages.
const STDIN: &str = "standard input";
/// Bytes asked of a pipe or a decoder at once; a pipe holds no more by default.
const PIPE_READ: usize = 1 << 16;
/// Largest zstd window that is accepted, as a power of two: 64 MiB bounds what a hostile file can make us allocate.
const ZSTD_WINDOW_LOG: u32 = 26;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A stream of uncompressed bytes with its name and its progress on disk.
pub(super) struct Input {
    path: PathBuf,
    stream: Stream,
    total: u64,
}

enum Stream {
    Plain(Tap),
    Gzip(MultiGzDecoder<Tap>),
    Zstd(zstd::Decoder<'static, BufReader<Tap>>),
}

impl Input {
    /// Opens a file, or standard input for `-`. Reads its first bytes to see whether it is compressed.
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let standard = path.as_os_str() == "-";
        let file = if standard { stdin() } else { File::open(path) };
        let path = if standard { PathBuf::from(STDIN) } else { path.to_path_buf() };
        let failed = |action| {
            let path = path.clone();
            move |error| SourceError::Io { path, action, error }
        };
        let file = file.map_err(failed("open"))?;
        let meta = file.metadata().map_err(failed("open"))?;
        if meta.is_dir() {
            return Err(failed("read")(ErrorKind::IsADirectory.into()));
        }
        let mut tap = Tap { file, head: Vec::new(), given: 0, read: 0, regular: meta.is_file() };
        tap.peek(ZSTD_MAGIC.len()).map_err(failed("read"))?;
        let total = if tap.regular { meta.len() } else { 0 };
        let stream = Stream::new(tap).map_err(failed("read"))?;
        Ok(Self { path, stream, total })
    }

    /// Appends the next bytes, at most `want`; 0 is the end. Blocks only while there are none.
    pub(super) fn fill(&mut self, bytes: &mut Vec<u8>, want: usize) -> Result<usize, Trouble> {
        match &mut self.stream {
            Stream::Plain(tap) => tap.fill(bytes, want).map_err(Trouble::System),
            Stream::Gzip(decoder) => fill_from(decoder, bytes, want).map_err(|e| Trouble::of(e, "gzip")),
            Stream::Zstd(decoder) => fill_from(decoder, bytes, want).map_err(|e| Trouble::of(e, "zstd")),
        }
    }

    /// Its name in messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is a file on disk, which never makes a reader wait.
    pub(super) fn is_regular(&self) -> bool {
        self.stream.tap().regular
    }

    /// Whether a compression was taken off.
    pub(super) fn is_compressed(&self) -> bool {
        !matches!(self.stream, Stream::Plain(_))
    }

    /// Bytes read of the file as it lies on disk.
    pub(super) fn progress(&self) -> Progress {
        Progress { read: self.stream.tap().read, total: self.total }
    }
}

impl Stream {
    fn new(tap: Tap) -> io::Result<Self> {
        if tap.head.starts_with(&GZIP_MAGIC) {
            return Ok(Self::Gzip(MultiGzDecoder::new(tap)));
        }
        if tap.head.starts_with(&ZSTD_MAGIC) {
            let mut decoder = zstd::Decoder::new(tap)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            return Ok(Self::Zstd(decoder));
        }
        Ok(Self::Plain(tap))
    }

    fn tap(&self) -> &Tap {
        match self {
            Self::Plain(tap) => tap,
            Self::Gzip(decoder) => decoder.get_ref(),
            Self::Zstd(decoder) => decoder.get_ref().get_ref(),
        }
    }
}

/// Why there are no further bytes.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The system said no.
    System(io::Error),
    /// The compressed data is damaged or cut off.
    Packed(String),
}

impl Trouble {
    /// Decoders report damage as `InvalidInput`, `InvalidData`, `UnexpectedEof` or `Other`; the system does not.
    fn of(error: io::Error, kind: &str) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::Packed(format!("the {kind} data is cut off")),
            _ if error.raw_os_error().is_none() => Self::Packed(format!("the {kind} data is corrupt ({error})")),
            _ => Self::System(error),
        }
    }
}

/// A file with its first bytes looked at and its bytes counted.
struct Tap {
    file: File,
    head: Vec<u8>,
    given: usize,
    read: u64,
    regular: bool,
}

impl Tap {
    /// Reads until `n` first bytes are there or the file ends.
    fn peek(&mut self, n: usize) -> io::Result<()> {
        while self.head.len() < n {
            let mut block = [0; 512];
            let got = retry(|| self.file.read(&mut block))?;
            if got == 0 {
                break;
            }
            self.head.extend_from_slice(block.get(..got).unwrap_or_default());
            self.read += got as u64;
        }
        Ok(())
    }

    /// Appends up to `want` bytes. A regular file is read straight into spare capacity in few large reads; anything
    /// else gives what it has, so that packets show as they come.
    fn fill(&mut self, bytes: &mut Vec<u8>, want: usize) -> io::Result<usize> {
        if self.given < self.head.len() || !self.regular {
            return fill_from(self, bytes, want);
        }
        let before = bytes.len();
        bytes.reserve(want);
        let outcome = (&self.file).take(want as u64).read_to_end(bytes);
        let got = bytes.len() - before;
        self.read += got as u64;
        // Bytes that came before an error count; the error will come again.
        if got > 0 { Ok(got) } else { outcome }
    }
}

impl Read for Tap {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let head = self.head.get(self.given..).unwrap_or_default();
        if !head.is_empty() {
            let n = head.len().min(out.len());
            if let (Some(out), Some(head)) = (out.get_mut(..n), head.get(..n)) {
                out.copy_from_slice(head);
            }
            self.given += n;
            return Ok(n);
        }
        let got = self.file.read(out)?;
        self.read += got as u64;
        Ok(got)
    }
}

/// Standard input as a file of its own, unbuffered.
fn stdin() -> io::Result<File> {
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

/// One read of at most `want` bytes, appended.
fn fill_from(from: &mut impl Read, bytes: &mut Vec<u8>, want: usize) -> io::Result<usize> {
    let before = bytes.len();
    bytes.resize(before + want.min(PIPE_READ), 0);
    let outcome = retry(|| from.read(bytes.get_mut(before..).unwrap_or_default()));
    bytes.truncate(before + *outcome.as_ref().unwrap_or(&0));
    outcome
}

/// Reads again when a signal came in between.
fn retry(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn all(path: &Path) -> (Vec<u8>, Option<Trouble>) {
        let mut input = Input::open(path).unwrap();
        let mut bytes = Vec::new();
        loop {
            match input.fill(&mut bytes, 1000) {
                Ok(0) => return (bytes, None),
                Ok(_) => {}
                Err(trouble) => return (bytes, Some(trouble)),
            }
        }
    }

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_gzip_of_two_members_and_zstd_give_the_same() {
        let data: Vec<u8> = (0..5000_u32).flat_map(u32::to_le_bytes).collect();
        let (one, two) = data.split_at(7000);
        let members = [gzip(one), gzip(two)].concat();
        let packed = zstd::encode_all(&data[..], 1).unwrap();
        for bytes in [data.clone(), members, packed] {
            let (read, trouble) = all(file(&bytes).path());
            assert!(read == data && trouble.is_none());
        }
    }

    #[test]
    fn what_was_unpacked_before_damage_is_kept() {
        let data: Vec<u8> = (0..50_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let mut packed = gzip(&data);
        packed.truncate(packed.len() / 2);
        let (read, trouble) = all(file(&packed).path());
        assert!(read.len() > 50_000 && data.starts_with(&read));
        assert!(matches!(trouble, Some(Trouble::Packed(text)) if text.contains("cut off")));
        let mut packed = gzip(&data);
        let crc = packed.len() - 8;
        packed[crc] ^= 1;
        let (read, trouble) = all(file(&packed).path());
        assert!(read == data, "a bad checksum loses nothing");
        assert!(matches!(trouble, Some(Trouble::Packed(text)) if text.contains("corrupt")));
    }

    #[test]
    fn a_directory_and_a_missing_file_are_errors_with_their_path() {
        let folder = tempfile::tempdir().unwrap();
        let error = Input::open(folder.path()).err().unwrap().to_string();
        assert!(error.contains("directory") && error.contains(folder.path().to_str().unwrap()), "{error}");
        assert!(Input::open(&folder.path().join("none")).is_err());
    }
}
