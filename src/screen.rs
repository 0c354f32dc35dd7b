//! A run with a screen: opens the input first, so that trouble is told on an untouched terminal, then the screen.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::classify::Knowledge;
use crate::config::Run;
use crate::engine::filter::PacketFilter;
use crate::engine::judge::Judge;
use crate::engine::pipeline::{Pipeline, Setup};
use crate::engine::reader::{Go, Watch};
use crate::engine::source;
use crate::headless::Failure;
use crate::rules::RuleSet;
use crate::session::{Control, Session, Started};
use crate::tui;

/// Shows the captures until the user quits.
///
/// # Errors
/// What could not be read, or what the terminal says.
pub fn run(run: Run, knowledge: Arc<Knowledge>, rules: Arc<RuleSet>) -> Result<(), Failure> {
    let started = start(&run, &knowledge, &rules)?;
    let options = tui::Options {
        no_color: run.no_color,
        theme: run.theme.clone(),
        no_names: run.no_names,
        no_mouse: run.no_mouse,
        rules_path: run.rules.first().cloned(),
        filter: run.shown.clone(),
    };
    let failed = |e: std::io::Error| Failure::Failed(format!("screen: {e}"));
    let session = Arc::new(Session::start(run, knowledge, rules, started).map_err(failed)?);
    let shown = tui::run(Arc::<Session>::clone(&session), options);
    session.stop();
    shown.map_err(failed)
}

fn start(run: &Run, knowledge: &Arc<Knowledge>, rules: &Arc<RuleSet>) -> Result<Started, Failure> {
    let source = source::open(&run.files).map_err(|e| Failure::Failed(e.to_string()))?;
    let filter = Some(run.capture_filter.as_str()).filter(|f| !f.is_empty()).map(PacketFilter::new);
    let control = Arc::new(Control::default());
    let (tick, open) = (Arc::default(), Arc::default());
    let setup = Setup {
        source,
        knowledge: Arc::clone(knowledge),
        judge: Judge::new(Arc::clone(rules)),
        workers: run.workers,
        max_flows: run.max_flows,
        idle_timeout: run.idle_timeout,
        count: run.count,
        filter: filter.transpose().map_err(Failure::Usage)?,
        sink: None,
        screen: Some((Arc::clone(&tick), Arc::clone(&open))),
        control: told_by(Arc::clone(&control)),
    };
    let pipeline = Pipeline::start(setup).map_err(|e| Failure::Failed(format!("cannot start threads: {e}")))?;
    Ok(Started { pipeline, control, tick, open })
}

/// The reader tells how far it is, and stands still while it is told to.
fn told_by(control: Arc<Control>) -> Watch {
    Box::new(move |totals, progress| {
        *control.read.lock().unwrap_or_else(PoisonError::into_inner) = (totals.clone(), progress);
        while control.pause.load(Ordering::Relaxed) && !control.stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20));
        }
        if control.stop.load(Ordering::Relaxed) { Go::Stop } else { Go::On }
    })
}
