//! The screen in a real pseudo-terminal: what it shows, and that it gives the terminal back on every way out.
#![cfg(all(feature = "tui", unix))]

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// A program in a terminal.
struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn std::io::Write + Send>>,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
}

impl Session {
    fn start(arguments: &[&str]) -> Self {
        Self::of(demo(), arguments)
    }

    fn of(program: PathBuf, arguments: &[&str]) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        let child = pair.slave.spawn_command(command).unwrap();
        let (mut reader, writer) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        let screen = Arc::new(Mutex::new(vt100::Parser::new(24, 80, 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let (to_screen, to_raw) = (screen.clone(), raw.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 8_192];
            while let Ok(len @ 1..) = reader.read(&mut buffer) {
                to_screen.lock().unwrap().process(&buffer[..len]);
                to_raw.lock().unwrap().extend_from_slice(&buffer[..len]);
            }
        });
        Self { child, master: Some(pair.master), writer: Some(writer), screen, raw }
    }

    fn shown(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn wait(&self, words: &str) {
        let start = Instant::now();
        while !self.shown().contains(words) {
            assert!(start.elapsed() < Duration::from_secs(10), "never saw {words:?} in:\n{}", self.shown());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn send(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for the end; how long it took.
    fn end(&mut self) -> (u32, Duration) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.exit_code(), start.elapsed());
            }
            assert!(start.elapsed() < Duration::from_secs(10), "it never ended");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn assert_restored(&self) {
        std::thread::sleep(Duration::from_millis(50));
        let raw = String::from_utf8_lossy(&self.raw.lock().unwrap()).into_owned();
        for (on, off) in [("\x1b[?1049h", "\x1b[?1049l"), ("\x1b[?25l", "\x1b[?25h"), ("\x1b[?2004h", "\x1b[?2004l")] {
            assert!(raw.rfind(off) > raw.rfind(on), "{off:?} must come after {on:?}");
        }
        assert!(raw.rfind("\x1b[?2026l") >= raw.rfind("\x1b[?2026h"));
        assert!(raw.rfind("\x1b[?1000l") > raw.rfind("\x1b[?1000h"));
        assert!(!self.screen.lock().unwrap().screen().alternate_screen());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// The demo beside this test's own binary: `cargo test` builds the examples too.
fn demo() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.parent().and_then(|deps| deps.parent()).unwrap().join("examples/screen_demo")
}

#[test]
fn quitting_gives_the_terminal_back() {
    for keys in ["q", "\x03", "/abc\x03", "b\x03", "?\x03"] {
        let mut session = Session::start(&[]);
        session.wait("googlevideo.com");
        session.send(keys);
        let (code, took) = session.end();
        assert_eq!(code, 0);
        assert!(took < Duration::from_millis(500), "{keys:?} took {took:?}");
        session.assert_restored();
    }
}

#[test]
fn signals_end_it_and_give_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT", "QUIT"] {
        let mut session = Session::start(&[]);
        session.wait("googlevideo.com");
        session.signal(signal);
        let (_, took) = session.end();
        assert!(took < Duration::from_millis(500), "{signal} took {took:?}");
        session.assert_restored();
    }
}

#[test]
fn a_panic_in_another_thread_gives_the_terminal_back_and_is_told() {
    let mut session = Session::start(&["panic"]);
    session.wait("on purpose");
    let (code, _) = session.end();
    assert_eq!(code, 1);
    session.assert_restored();
}

#[test]
fn a_closed_terminal_ends_it() {
    let mut session = Session::start(&[]);
    session.wait("googlevideo.com");
    // The last handle on the other end closes with the reader, which ends when the program does: so the closing itself is
    // tried by hand, and here the signal that comes with it.
    session.writer = None;
    session.signal("HUP");
    let (_, took) = session.end();
    assert!(took < Duration::from_millis(500), "took {took:?}");
}

#[test]
fn stopping_and_going_on() {
    let mut session = Session::start(&[]);
    session.wait("googlevideo.com");
    session.signal("TSTP");
    let start = Instant::now();
    while session.screen.lock().unwrap().screen().alternate_screen() {
        assert!(start.elapsed() < Duration::from_secs(2), "the terminal was not given back");
        std::thread::sleep(Duration::from_millis(10));
    }
    session.signal("CONT");
    session.wait("googlevideo.com");
    session.send("q");
    assert_eq!(session.end().0, 0);
    session.assert_restored();
}

#[test]
fn what_a_new_user_tries() {
    let mut session = Session::start(&[]);
    session.wait("googlevideo.com");
    session.send("?");
    session.wait("In the rules: take the rule away");
    session.send("\x1b");
    session.wait("Enter open");
    session.send("b");
    session.wait("stops now");
    session.send("\r");
    session.wait("2 rules");
    session.wait("takes it back");
    session.send("u");
    session.wait("1 rule ");
    session.send("/netflix\r");
    session.wait("9 of 96");
    session.send("w");
    session.wait("what the rules let through");
    session.send("\r");
    session.wait("crash-2024-03-01-forwarded.pcapng");
    session.send("\x1b");
    session.wait("Enter choose");
    session.send("\x1b");
    session.wait("Enter open");
    session.send("\r");
    session.wait("what gave it its name");
    session.send("q");
    assert_eq!(session.end().0, 0);
    session.assert_restored();
}

#[test]
fn copying_reaches_the_clipboard_of_the_terminal() {
    let mut session = Session::start(&[]);
    session.wait("googlevideo.com");
    session.send("3y");
    session.wait("Copied YouTube");
    let raw = session.raw.lock().unwrap().clone();
    assert!(String::from_utf8_lossy(&raw).contains("\x1b]52;c;WW91VHViZQ==\x07"));
    session.send("q");
    session.end();
}

#[test]
fn resizing() {
    let mut session = Session::start(&[]);
    session.wait("googlevideo.com");
    for (rows, cols) in [(1, 1), (200, 500), (12, 50), (24, 80)] {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        session.master.as_ref().unwrap().resize(size).unwrap();
        std::thread::sleep(Duration::from_millis(80));
    }
    session.send("2");
    session.wait("2 Flows");
    session.send("q");
    assert_eq!(session.end().0, 0);
}

/// A capture of one DNS question for `www.example.com`.
fn capture() -> tempfile::NamedTempFile {
    let mut question = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in ["www", "example", "com", ""] {
        question.push(label.len() as u8);
        question.extend_from_slice(label.as_bytes());
    }
    question.extend_from_slice(&[0, 1, 0, 1]);
    let (udp, ip) = (8 + question.len() as u16, 28 + question.len() as u16);
    let mut packet = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
    packet.extend_from_slice(&ip.to_be_bytes());
    packet.extend_from_slice(&[0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 8, 10, 0, 0, 1, 0xc3, 0x50, 0, 53]);
    packet.extend_from_slice(&udp.to_be_bytes());
    packet.extend_from_slice(&[0, 0]);
    packet.extend_from_slice(&question);
    let mut file = tempfile::Builder::new().suffix(".pcap").tempfile().unwrap();
    for word in
        [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1, 1_709_294_280, 5, packet.len() as u32, packet.len() as u32]
    {
        file.write_all(&word.to_le_bytes()).unwrap();
    }
    file.write_all(&packet).unwrap();
    file.flush().unwrap();
    file
}

#[test]
fn the_program_itself_shows_a_capture_and_gives_the_terminal_back() {
    let file = capture();
    for keys in ["q", "\x03"] {
        let mut session = Session::of(env!("CARGO_BIN_EXE_dpimon").into(), &["-r", file.path().to_str().unwrap()]);
        session.wait("www.example.com");
        session.send("b");
        session.wait("*.example.com");
        session.send("\x1b");
        session.wait("Enter open");
        session.send(keys);
        assert_eq!(session.end().0, 0);
        session.assert_restored();
    }
    let mut session = Session::of(env!("CARGO_BIN_EXE_dpimon").into(), &["-r", file.path().to_str().unwrap()]);
    session.wait("www.example.com");
    session.signal("TERM");
    assert!(session.end().1 < Duration::from_millis(500));
    session.assert_restored();
}
