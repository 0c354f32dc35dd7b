//! One frame of any link type, from its first byte to its label.
#![no_main]

use dpimon::Classifier;
use dpimon::packet::LinkType;
use libfuzzer_sys::fuzz_target;

const LINKS: &[u32] = &[0, 1, 9, 12, 50, 51, 101, 104, 105, 108, 113, 119, 127, 192, 228, 229, 276];

fuzz_target!(|data: &[u8]| {
    let Some((link, frame)) = data.split_first() else { return };
    let link = LinkType(LINKS[usize::from(*link) % LINKS.len()]);
    let mut classifier = Classifier::builder().max_flows(16).build();
    for (time, frame) in (0..).zip(frame.split(|b| *b == 0xaa)) {
        let _ = classifier.packet(link, time, frame);
    }
    let _ = classifier.packet(link, 0, frame);
    let _ = classifier.finish();
});
