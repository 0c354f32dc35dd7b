//! Files that are there as a whole or not at all.
//!
//! A new name or a regular file is written to a temporary file in the same folder (mode 0600, no link followed), and
//! takes its name when it is finished and on disk; what was there before stays until then. Devices, FIFOs, `-`,
//! `/dev/stdout` and `/dev/fd/N` are written in place and never renamed over.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{error, fmt};

/// Names tried for a temporary file.
const TRIES: u32 = 16;

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// The new one takes its place at the end.
    Replace,
    /// It stays, and the new one is refused.
    Keep,
}

/// Why something cannot be written. Its text is one line with the path, made harmless.
#[derive(Debug)]
pub struct OutputError {
    /// The file as it was named.
    pub path: PathBuf,
    /// What was tried: `"create"`, `"write"`, `"finish"`.
    pub action: &'static str,
    /// What the system said.
    pub error: io::Error,
}

impl OutputError {
    /// Whether the reader of a pipe went away, which is the end and no trouble.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        self.error.kind() == ErrorKind::BrokenPipe
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: cannot {}: {}", self.path.to_string_lossy().escape_debug(), self.action, self.error)
    }
}

impl error::Error for OutputError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.error)
    }
}

/// A file that is written. It is unbuffered: write large pieces. Dropped unfinished, it was never there.
#[derive(Debug)]
pub struct Output {
    file: File,
    path: PathBuf,
    existing: Existing,
    /// The temporary file that is to get the name, if that is how it is written.
    temporary: Option<PathBuf>,
}

impl Output {
    /// Begins a file that gets its name when it is finished.
    ///
    /// # Errors
    /// If the folder cannot be written to, the path is a folder, or there is a file that is to stay.
    pub fn create(path: &Path, existing: Existing) -> Result<Self, OutputError> {
        let failed = |error| OutputError { path: path.to_path_buf(), action: "create", error };
        let (file, temporary) = Self::open(path, existing).map_err(failed)?;
        Ok(Self { file, path: path.to_path_buf(), existing, temporary })
    }

    /// Begins a file that has its name at once, empty, and holds what was written so far: for live captures, which
    /// must outlive a sudden end. Still a new file of mode 0600, and no link is followed.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_at_once(path: &Path, existing: Existing) -> Result<Self, OutputError> {
        let mut output = Self::create(path, existing)?;
        output.take_name().map_err(|error| output.failed("create", error))?;
        Ok(output)
    }

    fn open(path: &Path, existing: Existing) -> io::Result<(File, Option<PathBuf>)> {
        if let Some(file) = standard(path) {
            return Ok((file?, None));
        }
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => Err(ErrorKind::IsADirectory.into()),
            Ok(meta) if !meta.is_file() || is_descriptor(path) => {
                // Of a file behind a descriptor only the end is ours.
                let append = !meta.file_type().is_char_device() && !meta.file_type().is_block_device();
                Ok((OpenOptions::new().write(true).append(append).open(path)?, None))
            }
            there if existing == Existing::Keep && (there.is_ok() || path.is_symlink()) => {
                Err(ErrorKind::AlreadyExists.into())
            }
            _ => temporary_beside(path).map(|(file, name)| (file, Some(name))),
        }
    }

    /// Puts the file on disk and gives it its name.
    ///
    /// # Errors
    /// If the system cannot keep what was written; then what was there before is as it was.
    pub fn finish(mut self) -> Result<(), OutputError> {
        let done = on_disk(self.file.sync_all()).and_then(|()| self.take_name());
        done.map_err(|error| self.failed("finish", error))
    }

    /// The file as it was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An error with this file's path.
    #[must_use]
    pub fn failed(&self, action: &'static str, error: io::Error) -> OutputError {
        OutputError { path: self.path.clone(), action, error }
    }

    fn take_name(&mut self) -> io::Result<()> {
        let Some(temporary) = self.temporary.as_deref() else { return Ok(()) };
        match self.existing {
            Existing::Replace => {
                keep_mode(&self.file, &self.path);
                fs::rename(temporary, &self.path)?;
            }
            // A rename would replace a file that came meanwhile, a link does not.
            Existing::Keep => match fs::hard_link(temporary, &self.path) {
                Ok(()) => fs::remove_file(temporary)?,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
                // A file system without links.
                Err(_) if self.path.symlink_metadata().is_err() => fs::rename(temporary, &self.path)?,
                Err(error) => return Err(error),
            },
        }
        self.temporary = None;
        // The name itself outlives a crash once its folder is on disk; where folders cannot be synced, it is up to
        // the file system.
        let _ = File::open(folder(&self.path)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Our own standard output or error, if the path means one of them: the very descriptor, with its place in the file.
fn standard(path: &Path) -> Option<io::Result<File>> {
    let owned = match path.to_str()? {
        "-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => io::stdout().as_fd().try_clone_to_owned(),
        "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => io::stderr().as_fd().try_clone_to_owned(),
        _ => return None,
    };
    Some(owned.map(File::from))
}

fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"].iter().any(|folder| path.starts_with(folder))
}

/// A new file in the folder of `path`, by a name that nobody can foresee.
fn temporary_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    if path.file_name().is_none() {
        return Err(ErrorKind::InvalidFilename.into());
    }
    let mut outcome = Err(ErrorKind::AlreadyExists.into());
    for attempt in 0..TRIES {
        let name = folder(path).join(format!(".dpimon-{:016x}.tmp", RandomState::new().hash_one(attempt)));
        // Exclusive creation follows no link.
        outcome = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&name).map(|file| (file, name));
        if !matches!(&outcome, Err(error) if error.kind() == ErrorKind::AlreadyExists) {
            break;
        }
    }
    outcome
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A file of our own that is replaced gives its mode to the new one. Somebody else's does not: he could have put it
/// there, open to all, to read along.
fn keep_mode(file: &File, path: &Path) {
    let (Ok(old), Ok(new)) = (fs::symlink_metadata(path), file.metadata()) else { return };
    if old.is_file() && old.uid() == new.uid() {
        let _ = file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o777));
    }
}

/// Pipes, terminals and some devices cannot be synced, which is no trouble.
fn on_disk(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn write(path: &Path, existing: Existing, text: &str) -> Result<(), OutputError> {
        let mut output = Output::create(path, existing)?;
        output.write_all(text.as_bytes()).map_err(|e| output.failed("write", e))?;
        output.finish()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_is_private_and_comes_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut output = Output::create(&path, Existing::Keep).unwrap();
        output.write_all(b"text").unwrap();
        assert!(!path.exists());
        output.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"text");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn dropped_unfinished_it_was_never_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        fs::write(&path, "old").unwrap();
        let mut output = Output::create(&path, Existing::Replace).unwrap();
        output.write_all(b"new").unwrap();
        drop(output);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn a_file_that_is_to_stay_stays_even_if_it_came_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let output = Output::create(&path, Existing::Keep).unwrap();
        fs::write(&path, "old").unwrap();
        assert_eq!(output.finish().unwrap_err().error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(Output::create(&path, Existing::Keep).unwrap_err().error.kind(), ErrorKind::AlreadyExists);
        assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"old".to_vec(), vec!["out".to_owned()]));
    }

    #[test]
    fn our_own_file_keeps_its_mode_and_a_link_is_replaced_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("out"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        write(&link, Existing::Replace, "by link").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::metadata(&link).unwrap().mode() & 0o777, 0o600);
        write(&path, Existing::Replace, "new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::metadata(&path).unwrap().mode() & 0o777), (b"new".to_vec(), 0o640));
    }

    #[test]
    fn devices_are_written_in_place_and_a_full_one_is_an_error() {
        write(Path::new("/dev/null"), Existing::Keep, "text").unwrap();
        let error = write(Path::new("/dev/full"), Existing::Replace, "text").unwrap_err();
        assert_eq!(error.error.kind(), ErrorKind::StorageFull);
        assert!(error.to_string().starts_with("/dev/full: cannot write: "), "{error}");
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_descriptor_of_a_file_is_written_in_place() {
        use std::os::fd::AsRawFd;
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "before ").unwrap();
        let descriptor = PathBuf::from(format!("/dev/fd/{}", file.as_file().as_raw_fd()));
        write(&descriptor, Existing::Keep, "after").unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), b"before after");
    }

    #[test]
    fn folders_and_missing_folders_are_errors_with_their_path() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_path_buf(), folder.path().join("no\u{1b}/out")] {
            let error = Output::create(&path, Existing::Replace).unwrap_err().to_string();
            assert!(error.contains("cannot create") && !error.contains('\u{1b}'), "{error}");
        }
    }

    #[test]
    fn at_once_it_has_its_name_from_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut output = Output::create_at_once(&path, Existing::Replace).unwrap();
        output.write_all(b"so far").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"so far");
        drop(output);
        assert_eq!(names(folder.path()), ["out"]);
    }
}
