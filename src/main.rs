//! The `dpimon` program.
use std::io::Write;
use std::sync::Arc;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let path = args.iter().position(|a| a == "-r").and_then(|i| args.get(i + 1)).unwrap();
    let source = dpimon::engine::source::open(&[path.into()]).unwrap();
    let knowledge = Arc::new(dpimon::classify::Knowledge {
        registry: dpimon::dissect::Registry::builtin(),
        apps: Default::default(),
    });
    let setup = dpimon::engine::pipeline::Setup {
        source,
        knowledge: knowledge.clone(),
        judge: Default::default(),
        workers: 1,
        max_flows: 262144,
        idle_timeout: None,
        count: None,
        filter: None,
        sink: None,
        screen: None,
        control: Box::new(|_, _| dpimon::engine::reader::Go::On),
    };
    let p = dpimon::engine::pipeline::Pipeline::start(setup).unwrap();
    let h = dpimon::engine::harvest::Harvest::gather(p, knowledge, |_| Ok(())).unwrap();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for r in h.records() {
        dpimon::report::json::flow(&mut out, &r, |_| String::new()).unwrap();
    }
    dpimon::report::json::stats(&mut out, &h.totals()).unwrap();
    out.flush().unwrap();
}
