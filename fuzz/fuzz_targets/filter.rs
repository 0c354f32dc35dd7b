//! The filter language: never a panic, errors point into the text.
#![no_main]

use dpimon::engine::query::Filter;
use dpimon::engine::snapshot::FlowRow;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Filter::parse(text) {
        Ok(filter) => drop(filter.matches(&FlowRow::new(1))),
        Err(error) => assert!(error.at <= text.len(), "{error:?}"),
    }
});
