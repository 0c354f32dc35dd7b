//! The command line: what it prints, what it refuses, how it exits.

mod common;

use std::process::{Command, Stdio};

use common::{dpimon, file, json, testdata};

fn youtube() -> String {
    testdata("youtube.pcap").to_str().unwrap().to_owned()
}

fn fails(args: &[&str], code: i32, says: &str) {
    let out = dpimon(args);
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(code), "{args:?}: {text}");
    assert!(text.contains(says), "{args:?} says {text:?}, not {says:?}");
    assert!(!text.contains("panicked"));
}

#[test]
fn a_file_without_option_is_read() {
    let by_option = json(&["-r", &youtube()]);
    assert_eq!(json(&[&youtube()]), by_option);
    assert_eq!(by_option.last().unwrap()["packets"], 224);
}

#[test]
fn words_are_a_capture_filter_and_count_stops() {
    let dns = json(&["-r", &youtube(), "udp", "port", "53"]);
    assert!(dns.iter().filter(|r| r["event_type"] == "flow").all(|r| r["dest_port"] == 53));
    assert!(dns.len() > 3);
    assert_eq!(json(&["-r", &youtube(), "-c", "10"]).last().unwrap()["packets"], 10);
    fails(&["-r", &youtube(), "tcp", "prot", "80", "--json"], 2, "filter");
}

#[test]
fn wrong_usage_is_told_and_exits_with_2() {
    fails(&[], 2, "nothing to read");
    fails(&["--frobnicate"], 2, "--frobnicate");
    fails(&["-r", &youtube(), "--json", "--csv"], 2, "standard output");
    fails(&["-r", &youtube(), "--block-app", "YouTub", "--json"], 2, "YouTube");
    fails(&["-r", &youtube(), "--block-ip", "10.0.0.300", "--json"], 2, "10.0.0.300");
}

#[test]
fn bad_input_is_one_line_with_the_path_and_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    fails(&["-r", "/nowhere/at/all.pcap", "--json"], 1, "/nowhere/at/all.pcap");
    fails(&["-r", folder.path().to_str().unwrap(), "--json"], 1, "directory");
    fails(&["-r", &file(&folder, "empty", b""), "--json"], 1, "empty");
    fails(&["-r", &file(&folder, "foreign", b"#!/bin/sh\necho this is no capture\n"), "--json"], 1, "foreign");
    fails(&["-r", "/dev/null", "--json"], 1, "/dev/null");
}

#[test]
fn a_truncated_capture_keeps_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(youtube()).unwrap();
    let cut = file(&folder, "cut.pcap", &bytes[..bytes.len() / 2]);
    let out = dpimon(&["-r", &cut, "--json"]);
    assert!(out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("cut.pcap"), "says which file");
    assert!(out.stdout.split(|b| *b == b'\n').count() > 5);
}

#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_not() {
    fails(&["-r", &youtube(), "--json=/dev/full"], 1, "/dev/full");
    fails(&["-r", &youtube(), "-q", "-w", "/dev/full"], 1, "/dev/full");
    let mut child = Command::new(env!("CARGO_BIN_EXE_dpimon"))
        .args(["-r", &youtube(), "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn standard_input_is_read() {
    let out = Command::new(env!("CARGO_BIN_EXE_dpimon"))
        .args(["-r", "-", "--json"])
        .stdin(std::fs::File::open(youtube()).unwrap())
        .output()
        .unwrap();
    assert!(out.status.success());
    assert_eq!(String::from_utf8_lossy(&out.stdout).lines().count(), json(&[&youtube()]).len());
}

#[test]
fn every_record_has_what_scripts_rely_on() {
    let records = json(&[&youtube()]);
    let mut ids = std::collections::HashSet::new();
    for r in records.iter().filter(|r| r["event_type"] == "flow") {
        for key in ["timestamp", "flow_id", "src_ip", "dest_ip", "proto", "app_proto"] {
            assert!(!r[key].is_null(), "{key} is missing in {r}");
        }
        assert!(r["src_port"].is_u64() && r["dest_port"].is_u64());
        assert!(ids.insert(r["flow_id"].as_u64().unwrap()), "flow_id twice");
        for key in ["protocol", "names", "state", "stack", "evidence"] {
            assert!(!r["dpi"][key].is_null(), "dpi.{key} is missing in {r}");
        }
        assert!(r["verdict"]["action"] == "pass");
    }
    let stats = records.last().unwrap();
    assert_eq!(stats["event_type"], "stats");
    for key in [
        "packets",
        "bytes",
        "decoded",
        "undecoded",
        "forwarded",
        "dropped",
        "flows",
        "kernel_drops",
        "queue_drops",
        "limits",
    ] {
        assert!(!stats[key].is_null(), "{key}");
    }
}

#[test]
fn reports_in_all_formats_have_the_sections_in_order() {
    let sections = [
        "Overall",
        "Filtering",
        "Workers",
        "Application breakdown",
        "Top domains",
        "Destination activity",
        "Suspicious addresses",
    ];
    for format in ["text", "markdown"] {
        let out = dpimon(&["-r", &youtube(), "--report", "--report-format", format]);
        let text = String::from_utf8(out.stdout).unwrap();
        let places: Vec<_> =
            sections.iter().map(|s| text.find(s).unwrap_or_else(|| panic!("{format}: no {s}"))).collect();
        assert!(places.is_sorted(), "{format}");
    }
    let out = dpimon(&["-r", &youtube(), "--report", "--report-format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(report["apps"][0]["name"], "YouTube");
}

#[test]
fn side_jobs() {
    for args in [&["completions", "bash"][..], &["man"], &["protocols"], &["apps"], &["--version"], &["--help"]] {
        let out = dpimon(args);
        assert!(out.status.success() && out.stdout.len() > 5, "{args:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let good = file(&folder, "good", b"[blocked_apps]\nyoutube # x\n");
    assert!(dpimon(&["rules", "check", &good]).status.success());
    let bad = file(&folder, "bad", b"[BLOCKED_PORTS]\n99999\n[NONSENSE]\nx\n");
    fails(&["rules", "check", &bad], 1, ":2");
}

#[test]
fn a_filter_shows_only_what_it_matches() {
    let youtube_only = json(&["-r", &youtube(), "--filter", "app:youtube and not proto:dns"]);
    let flows: Vec<_> = youtube_only.iter().filter(|r| r["event_type"] == "flow").collect();
    assert!(flows.len() >= 3 && flows.iter().all(|r| r["dpi"]["app"] == "YouTube"));
    fails(&["-r", &youtube(), "--filter", "app:(", "--json"], 2, "filter");
}

#[test]
fn thresholds_come_from_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let strict = file(&folder, "strict.toml", b"[suspicion]\nhigh_volume = 1\n");
    let out = dpimon(&["-r", &youtube(), "--report", "--config", &strict]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("HIGH VOLUME"));
    assert!(!String::from_utf8_lossy(&dpimon(&["-r", &youtube(), "--report"]).stdout).contains("HIGH VOLUME"));
    let wrong = file(&folder, "wrong.toml", b"[suspicion]\nhigh_volum = 1\n");
    fails(&["-r", &youtube(), "--config", &wrong, "--json"], 2, "high_volum");
}

#[test]
fn several_files_are_merged_by_time() {
    let both = json(&["-r", &youtube(), "-r", &youtube()]);
    assert_eq!(both.last().unwrap()["packets"], 448);
}
