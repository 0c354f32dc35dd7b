//! A rules file saved, with its comments and other lines.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use super::atomic::{Existing, Output, OutputError};
use crate::limits;
use crate::rules::RuleSet;

/// Brings a rules file up to date, or makes a new one. It is written whole or not at all.
///
/// # Errors
/// If the file that is there cannot be read, or the new one not written.
pub fn save(path: &Path, rules: &RuleSet) -> Result<(), OutputError> {
    let text = rules.updated(&read(path)?);
    let mut output = Output::create(path, Existing::Replace)?;
    output.write_all(&text).map_err(|error| output.failed("write", error))?;
    output.finish()
}

/// What the file says now; nothing if it is not there, or is no file on disk.
fn read(path: &Path) -> Result<Vec<u8>, OutputError> {
    let failed = |error| OutputError { path: path.to_path_buf(), action: "read", error };
    let mut bytes = Vec::new();
    match path.metadata() {
        Ok(meta) if meta.is_file() && path.to_str() != Some("-") => {
            let file = File::open(path).map_err(failed)?;
            file.take(limits::RULES_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
            // What is not read would be lost when the file is written anew.
            let whole = bytes.len() as u64 <= limits::RULES_BYTES;
            if whole { Ok(bytes) } else { Err(failed(ErrorKind::FileTooLarge.into())) }
        }
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::rules::{KnownNames, Loader, NameKind};

    struct Nothing;

    impl KnownNames for Nothing {
        fn resolve(&self, _: &str) -> Option<NameKind> {
            None
        }

        fn suggest(&self, _: &str) -> Option<String> {
            None
        }
    }

    #[test]
    fn saves_anew_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules");
        let mut loader = Loader::new(&Nothing);
        loader.text(&path, b"[BLOCKED_PORTS]\n443\n");
        let rules = loader.finish().unwrap();
        save(&path, &rules).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "[BLOCKED_PORTS]\n443\n");
        fs::write(&path, "# mine\n[blocked_ports]\n80 # web\n").unwrap();
        save(&path, &rules).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "# mine\n[blocked_ports]\n80 # web\n443\n");
        save(Path::new("/dev/null"), &rules).unwrap();
        assert!(save(Path::new("/dev/full"), &rules).is_err());
        assert!(save(folder.path(), &rules).is_err());
    }
}
