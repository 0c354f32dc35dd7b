//! Every view at every size, as text; and thousands of random keys that must not bring the screen down.
#![cfg(feature = "tui")]

mod fake;

use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dpimon::engine::snapshot::Monitor;
use dpimon::tui::app::App;
use dpimon::tui::panes::PANES;
use dpimon::tui::theme::{Depth, Theme};
use dpimon::tui::{Options, draw};
use fake::Fake;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const SIZES: [(u16, u16); 4] = [(50, 12), (80, 24), (120, 40), (200, 60)];

fn app(fake: &Arc<Fake>) -> App {
    let monitor: Arc<dyn Monitor> = fake.clone();
    App::new(monitor, Options { rules_path: Some("rules.txt".into()), ..Options::default() })
}

fn show(app: &mut App, (width, height): (u16, u16)) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    // Twice: what the first picture asks the engine for is there in the second.
    for _ in 0..2 {
        app.refresh();
        terminal
            .draw(|frame| {
                app.arrange(frame.area());
                draw::screen(app, frame.buffer_mut());
            })
            .unwrap();
    }
    terminal
}

fn text(app: &mut App, size: (u16, u16)) -> String {
    format!("{}", show(app, size).backend())
}

fn press(app: &mut App, keys: &str) {
    for c in keys.chars() {
        let code = match c {
            '\n' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            '\x1b' => KeyCode::Esc,
            '↓' => KeyCode::Down,
            '→' => KeyCode::Right,
            c => KeyCode::Char(c),
        };
        app.event(Event::Key(KeyEvent::from(code)));
        app.refresh();
    }
}

/// Keeps one picture for each size.
fn keep(name: &str, fake: impl Fn() -> Arc<Fake>, keys: &str) {
    for size in SIZES {
        let mut app = app(&fake());
        show(&mut app, size);
        press(&mut app, keys);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), text(&mut app, size));
    }
}

#[test]
fn every_view_of_a_capture() {
    for (at, pane) in PANES.iter().enumerate() {
        keep(&pane.name().to_lowercase(), Fake::capture, &(at + 1).to_string());
    }
}

#[test]
fn a_device_and_a_file_being_read_and_nothing() {
    keep("live", Fake::live, "");
    keep("loading", Fake::loading, "");
    keep("empty", Fake::empty, "");
}

#[test]
fn the_open_flow() {
    keep("detail", Fake::capture, "\n");
    keep("detail_stream", Fake::capture, "\nt");
}

#[test]
fn overlays() {
    keep("block", Fake::capture, "b↓↓↓↓↓");
    keep("sort", Fake::capture, "s");
    keep("export", Fake::capture, "w\n");
    keep("report", Fake::capture, "e");
    keep("help", Fake::capture, "?");
    keep("filter", Fake::capture, "/app:you or byt>3");
    keep("command", Fake::capture, ":");
    keep("drilled", Fake::capture, "3\n");
    keep("hosts_of_a_domain", Fake::capture, "4→↓");
}

/// The colours too, in a dark theme and a light one.
#[test]
fn colours() {
    for name in ["dark", "light"] {
        let mut app = app(&Fake::capture());
        app.theme = Theme::new(Some(name), Depth::True);
        let terminal = show(&mut app, (80, 24));
        insta::assert_snapshot!(format!("colours_{name}"), format!("{:?}", terminal.backend().buffer()));
    }
}

#[test]
fn the_domain_is_seen_at_80_columns() {
    assert!(text(&mut app(&Fake::capture()), (80, 24)).contains("googlevideo.com"));
}

#[test]
fn blocking_and_taking_it_back() {
    let fake = Fake::capture();
    let mut app = app(&fake);
    show(&mut app, (120, 40));
    press(&mut app, "b");
    assert!(text(&mut app, (120, 40)).contains("stops now"));
    press(&mut app, "\n");
    assert!(text(&mut app, (120, 40)).contains("⊘ 10.0.0.9:45545"), "the flow is marked at once");
    assert!(text(&mut app, (120, 40)).contains("2 rules"));
    press(&mut app, "u");
    assert!(text(&mut app, (120, 40)).contains("1 rule"));
    assert_eq!(fake.requests(), ["Block(App(\"YouTube\"))", "Unblock(2)"]);
}

#[test]
fn the_cursor_stays_with_its_flow() {
    let mut app = app(&Fake::capture());
    show(&mut app, (120, 40));
    press(&mut app, "↓↓↓");
    let before = app.subject().map(|s| s.copied());
    press(&mut app, "R");
    show(&mut app, (120, 40));
    assert_eq!(app.subject().map(|s| s.copied()), before);
    assert_eq!(app.list(1).cursor, 92);
    press(&mut app, "s↓↓↓\n");
    show(&mut app, (120, 40));
    assert_eq!(app.subject().map(|s| s.copied()), before);
}

#[test]
fn a_filter_that_is_wrong_leaves_what_was_shown() {
    let mut app = app(&Fake::capture());
    press(&mut app, "/app:netflix");
    let shown = app.snapshot.window.matching;
    assert_eq!(shown, 9);
    press(&mut app, " byt>3");
    assert!(text(&mut app, (120, 40)).contains("there is no field `byt`"));
    press(&mut app, "\n");
    assert!(app.overlay.is_some(), "a wrong filter cannot be kept");
    press(&mut app, "\x1b");
    assert_eq!((app.snapshot.window.matching, app.overlay.is_some()), (96, false));
}

#[test]
fn what_the_filter_shows_is_what_the_panes_count_and_the_way_back() {
    let mut app = app(&Fake::capture());
    show(&mut app, (120, 40));
    press(&mut app, "3\n");
    assert_eq!((app.snapshot.window.matching, app.snapshot.apps.len()), (9, 1));
    assert!(text(&mut app, (120, 40)).contains("YouTube  9 of 96"));
    press(&mut app, "\x1b");
    assert_eq!((app.view, app.snapshot.window.matching), (2, 96));
}

#[test]
fn ctrl_c_quits_and_types_nothing() {
    for keys in ["", "/", "b", "\n", "?", ":"] {
        let mut app = app(&Fake::capture());
        press(&mut app, keys);
        app.event(Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(app.done, "{keys:?}");
        assert_eq!(app.filters.typed(), "");
    }
}

#[test]
fn nothing_from_a_packet_steers_the_terminal() {
    for view in ["1", "2", "4", "5", "\n"] {
        let mut app = app(&Fake::capture());
        press(&mut app, view);
        let shown = text(&mut app, (200, 60));
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}')));
    }
}

#[test]
fn meaning_is_there_without_colours() {
    let fake = Fake::capture();
    let mut app = App::new(fake, Options { no_color: true, ..Options::default() });
    let shown = text(&mut app, (120, 40));
    assert!(shown.contains('⊘') && shown.contains('!') && shown.contains("TLS?") && shown.contains('▌'));
}

#[test]
fn every_size_can_be_drawn() {
    let mut app = app(&Fake::capture());
    for keys in ["1", "2", "3", "4", "5", "6", "7", "8", "1\n", "\x1b?", "\x1bb", "\x1b/x>", "\x1b\x1bw\n", "\x1b\x1b:"]
    {
        press(&mut app, keys);
        for size in [(1, 1), (2, 2), (7, 3), (500, 1), (1, 200), (20, 5), (64, 14), (104, 18), (500, 200)] {
            show(&mut app, size);
        }
    }
}

/// The same numbers on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

fn random_event(dice: &mut Dice, (width, height): (u16, u16)) -> Event {
    const CODES: &[KeyCode] = &[
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Delete,
        KeyCode::Backspace,
        KeyCode::F(1),
    ];
    const CHARS: &[char] = &[
        'a', 'b', 'B', 'd', 'e', 'f', 'g', 'G', 'h', 'j', 'k', 'l', 'L', 'n', 'p', 'r', 'R', 's', 'S', 't', 'T', 'u',
        'w', 'x', 'y', ' ', '/', ':', '?', '>', '(', '"', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'é', '東',
        '\u{301}',
    ];
    match dice.roll(20) {
        0 => {
            let kind = [MouseEventKind::Down(MouseButton::Left), MouseEventKind::ScrollDown, MouseEventKind::ScrollUp];
            let (column, row) = (dice.roll(width.into()) as u16, dice.roll(height.into()) as u16);
            Event::Mouse(MouseEvent { kind: kind[dice.roll(3)], column, row, modifiers: KeyModifiers::NONE })
        }
        1 => Event::Paste("app:you and \x1b[31m\u{202e}x\n".into()),
        2..=8 => Event::Key(KeyEvent::from(CODES[dice.roll(CODES.len())])),
        _ => Event::Key(KeyEvent::from(KeyCode::Char(CHARS[dice.roll(CHARS.len())]))),
    }
}

#[test]
fn random_keys_bring_nothing_down() {
    let sizes = [(80, 24), (1, 1), (50, 12), (13, 7), (120, 40), (33, 90), (200, 60), (104, 18)];
    for seed in 1..=6 {
        for view in 0..PANES.len() {
            let fake = [Fake::capture, Fake::loading, Fake::live, Fake::empty][(seed as usize + view) % 4]();
            let mut app = app(&fake);
            let mut dice = Dice(seed * 1_000 + view as u64);
            press(&mut app, &(view + 1).to_string());
            for step in 0..200 {
                let size = sizes[dice.roll(sizes.len())];
                // Whatever a prompt would write, the made-up engine writes nothing.
                app.event(random_event(&mut dice, size));
                if step % 3 == 0 {
                    fake.tick();
                }
                if step % 4 == 0 {
                    show(&mut app, size);
                }
                app.done = false;
            }
        }
    }
}
