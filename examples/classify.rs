//! A capture in, one line a flow out: `cargo run --example classify -- capture.pcap`

use std::process::ExitCode;

use dpimon::Classifier;
use dpimon::engine::source::{self, Chunk, More};

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: classify CAPTURE");
        return ExitCode::from(2);
    };
    match classify(path.into()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("classify: {error}");
            ExitCode::FAILURE
        }
    }
}

fn classify(path: std::path::PathBuf) -> Result<(), source::SourceError> {
    let mut source = source::open(&[path])?;
    let mut classifier = Classifier::new();
    let mut chunk = Chunk::default();
    loop {
        chunk.clear();
        let more = source.fill(&mut chunk)?;
        for record in &chunk.records {
            let Some(interface) = source.interfaces().get(record.interface as usize) else { continue };
            let _ = classifier.packet(interface.link, record.time, chunk.data(record)); // ARP and the like are no flows
        }
        if more == More::No {
            break;
        }
    }
    for (flow, label) in classifier.finish() {
        let protocol = label.protocol.as_deref().unwrap_or("unknown");
        let by = label.confidence.map_or("nothing", |layer| layer.name());
        let (app, domain) = (label.app.as_deref().unwrap_or("-"), label.domain.as_deref().unwrap_or("-"));
        println!("flow {flow}: {protocol} (by {by}), app {app}, domain {}", dpimon::text::harmless(domain));
    }
    Ok(())
}
