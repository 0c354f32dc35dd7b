//! The floors: a file uses only floors below its own.

use std::path::{Path, PathBuf};

/// Modules by floor; those of one floor may use each other only if they are listed as one entry.
const FLOORS: &[(u8, &[&str])] = &[
    (0, &["packet", "facts", "text", "time", "limits"]),
    (1, &["flow"]),
    (2, &["dissect"]),
    (3, &["classify"]),
    (4, &["rules"]),
    (4, &["suspicion"]),
    (5, &["engine"]),
    (6, &["classifier"]),
    (6, &["report", "export"]),
    (8, &["cli", "config", "headless", "screen", "lists", "main"]),
    (7, &["session"]),
    (7, &["tui"]),
];

fn floor(module: &str) -> Option<(u8, usize)> {
    FLOORS.iter().enumerate().find(|(_, (_, names))| names.contains(&module)).map(|(i, (n, _))| (*n, i))
}

fn sources(folder: &Path, list: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, list);
        } else if path.extension().is_some_and(|e| e == "rs") {
            list.push(path);
        }
    }
}

#[test]
fn a_file_uses_only_floors_below_its_own() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let module =
            inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        if module == "lib" {
            continue;
        }
        let (own, place) = floor(&module).unwrap_or_else(|| panic!("{module} stands on no floor"));
        let text = std::fs::read_to_string(&file).unwrap();
        // Tests may look around; so may the session at the run's configuration.
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|l| !l.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let name: String = used.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                let Some((theirs, other)) = floor(&name) else { continue };
                let allowed = theirs < own || other == place || (module == "session" && name == "config");
                if !allowed {
                    wrong.push(format!("{}: uses {name}", inside.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_screen_knows_the_terminal_and_only_the_engine_knows_libpcap() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    for file in files {
        let inside = file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let uses = |name: &str| text.lines().any(|l| !l.trim_start().starts_with("//") && l.contains(name));
        if uses("ratatui::") || uses("crossterm::") {
            assert!(inside.starts_with("tui"), "{inside} knows the terminal");
        }
        if uses("pcap::Capture") || uses("pcap::Device") {
            assert!(inside.starts_with("engine/"), "{inside} knows libpcap");
        }
    }
}
