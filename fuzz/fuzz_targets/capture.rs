//! A whole capture file, of any container, through the classifier.
#![no_main]

use std::io::Write;
use std::os::fd::AsRawFd;

use dpimon::Classifier;
use dpimon::engine::source::{self, Chunk, More};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut file = tempfile();
    let _ = file.write_all(data);
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let Ok(mut source) = source::open(&[path.into()]) else { return };
    let mut classifier = Classifier::builder().max_flows(256).build();
    let mut chunk = Chunk::default();
    loop {
        chunk.clear();
        let Ok(more) = source.fill(&mut chunk) else { break };
        for record in &chunk.records {
            let Some(interface) = source.interfaces().get(record.interface as usize) else { continue };
            let _ = classifier.packet(interface.link, record.time, chunk.data(record));
        }
        if more == More::No {
            break;
        }
    }
    let _ = classifier.finish();
});

/// A file that has no name any more.
fn tempfile() -> std::fs::File {
    let path = std::env::temp_dir().join(format!("dpimon-fuzz-{}", std::process::id()));
    let file = std::fs::File::options().read(true).write(true).create(true).truncate(true).open(&path).expect("a file");
    let _ = std::fs::remove_file(path);
    file
}
