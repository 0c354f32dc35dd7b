//! The one table of keys. The footer, the help and the manual are made from it, and every key can be bound anew.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Action {
    Open,
    Block,
    BlockNow,
    Undo,
    Export,
    Filter,
    Sort,
    Reverse,
    NextPane,
    PreviousPane,
    View(u8),
    Rules,
    Toggle,
    Delete,
    Save,
    NextFlow,
    PreviousFlow,
    Stream,
    Report,
    Copy,
    Freeze,
    Pause,
    Command,
    Log,
    Theme,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Back,
    Redraw,
    Suspend,
    Help,
    Quit,
}

/// Where a key works: one bit for each kind of place.
pub mod place {
    /// A list of flows.
    pub const FLOWS: u8 = 1;
    /// Apps, domains, hosts, suspects.
    pub const ITEMS: u8 = 2;
    /// The rules.
    pub const RULES: u8 = 4;
    /// Plain text to scroll.
    pub const TEXT: u8 = 8;
    /// The open flow.
    pub const DETAIL: u8 = 16;
    /// The dashboard, beside what has the focus there.
    pub const BOARD: u8 = 32;
    /// All lists.
    pub const LISTS: u8 = FLOWS | ITEMS | RULES;
    /// What can be blocked.
    pub const THINGS: u8 = FLOWS | ITEMS | DETAIL;
    /// Everywhere.
    pub const ALL: u8 = 0xff;
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// Its keys, as help and config write them.
    pub keys: Vec<String>,
    /// What the config calls it.
    pub name: &'static str,
    /// A sentence for the help.
    pub says: &'static str,
    /// A word for the footer; empty for none.
    pub word: &'static str,
    /// Where it works.
    pub places: u8,
}

type Line = (Action, &'static str, &'static str, &'static str, &'static str, u8);

/// Action, keys, name, word in the footer, sentence in the help, places. The footer takes them in this order.
#[rustfmt::skip]
const TABLE: &[Line] = &[
    (Action::Open, "enter", "open", "open", "Open the flow, or go into what is selected", place::FLOWS | place::ITEMS),
    (Action::Toggle, "space", "toggle", "on/off", "In the rules: let the rule rest, or act again", place::RULES),
    (Action::Delete, "d x delete", "delete", "delete", "In the rules: take the rule away", place::RULES),
    (Action::Block, "b", "block", "block", "Choose what to block: app, domain, host, address, port", place::THINGS),
    (Action::Back, "esc backspace", "back", "back", "Back: out of the flow, one step up, then no filter", place::ALL),
    (Action::Undo, "u", "undo", "undo", "Take back the last block", place::ALL),
    (Action::Save, "S", "save-rules", "save", "In the rules: save them to a file", place::RULES),
    (Action::Export, "w", "export", "save", "Write packets to a capture file", place::ALL & !place::RULES),
    (Action::Filter, "/", "filter", "filter", "Filter what every pane counts", place::ALL & !place::DETAIL),
    (Action::Sort, "s", "sort", "sort", "Choose the order of the flows", place::FLOWS),
    (Action::NextFlow, "n", "next-flow", "next", "In a flow: open the next one", place::DETAIL),
    (Action::PreviousFlow, "p", "previous-flow", "previous", "In a flow: open the one before", place::DETAIL),
    (Action::Stream, "t", "stream", "stream", "In a flow: payload as text instead of bytes", place::DETAIL),
    (Action::NextPane, "tab", "next-pane", "pane", "Next pane", place::BOARD | place::DETAIL),
    (Action::PreviousPane, "backtab", "previous-pane", "", "Pane before", place::BOARD | place::DETAIL),
    (Action::Pause, "space", "pause", "pause", "Stop reading, or go on", place::ALL & !place::RULES),
    (Action::Freeze, "f", "freeze", "freeze", "Keep the screen still while counting goes on", place::ALL),
    (Action::Reverse, "R", "reverse", "", "Turn the order of the flows around", place::FLOWS),
    (Action::BlockNow, "B", "block-now", "", "Block the most specific of the selected at once", place::THINGS),
    (Action::Rules, "r", "rules", "", "Go to the rules", place::ALL),
    (Action::Report, "e", "report", "", "Write a report", place::ALL),
    (Action::Copy, "y", "copy", "", "Copy what is selected to the clipboard (also over ssh)", place::THINGS | place::RULES),
    (Action::Command, ":", "command", "", "Type a command", place::ALL),
    (Action::Log, "L", "log", "", "Show messages and warnings", place::ALL),
    (Action::Theme, "T", "theme", "", "Next theme", place::ALL),
    (Action::Up, "up k", "up", "", "Up", place::ALL),
    (Action::Down, "down j", "down", "", "Down", place::ALL),
    (Action::Left, "left h", "left", "", "Left; close a domain", place::ALL),
    (Action::Right, "right l", "right", "", "Right; show the hosts of a domain", place::ALL),
    (Action::PageUp, "pageup ctrl-u ctrl-b", "page-up", "", "A page up", place::ALL),
    (Action::PageDown, "pagedown ctrl-d ctrl-f", "page-down", "", "A page down", place::ALL),
    (Action::Home, "home g", "first", "", "To the first", place::ALL),
    (Action::End, "end G", "last", "", "To the last", place::ALL),
    (Action::Redraw, "ctrl-l", "redraw", "", "Draw the screen anew", place::ALL),
    (Action::Suspend, "ctrl-z", "suspend", "", "Back to the shell for a while (fg comes back)", place::ALL),
    (Action::Help, "? f1", "help", "help", "This help", place::ALL),
    (Action::Quit, "q ctrl-c", "quit", "quit", "Quit", place::ALL),
];

/// The keys as they are bound.
#[derive(Debug, Clone)]
pub struct Keymap {
    /// The table, in order.
    pub bindings: Vec<Binding>,
}

impl Default for Keymap {
    fn default() -> Self {
        let line = |(action, keys, name, word, says, places): &Line| Binding {
            action: *action,
            keys: keys.split(' ').map(str::to_owned).collect(),
            name,
            says,
            word,
            places: *places,
        };
        Self { bindings: TABLE.iter().map(line).collect() }
    }
}

impl Keymap {
    /// What the key does where the screen now is. Digits choose views.
    #[must_use]
    pub fn action(&self, key: &KeyEvent, places: u8) -> Option<Action> {
        let name = name_of(key)?;
        let bound = self.bindings.iter().find(|b| b.places & places != 0 && b.keys.contains(&name));
        let digit = || match key.code {
            KeyCode::Char(c @ '1'..='9') if !key.modifiers.contains(KeyModifiers::ALT) => {
                Some(Action::View(c as u8 - b'1'))
            }
            _ => None,
        };
        bound.map(|b| b.action).or_else(digit)
    }

    /// Binds other keys to an action by its name in the config.
    ///
    /// # Errors
    /// One sentence, if there is no such action, or another action has the key where this one works.
    pub fn rebind(&mut self, name: &str, keys: &str) -> Result<(), String> {
        let keys: Vec<String> = keys.split_whitespace().map(str::to_owned).collect();
        let Some(at) = self.bindings.iter().position(|b| b.name == name) else {
            return Err(format!("there is no action `{name}`"));
        };
        let places = self.bindings.get(at).map_or(0, |b| b.places);
        let clash = |(i, other): (usize, &Binding)| {
            let shared = other.keys.iter().find(|k| i != at && other.places & places != 0 && keys.contains(k))?;
            Some(format!("key `{shared}` is bound to both `{name}` and `{}`", other.name))
        };
        match self.bindings.iter().enumerate().find_map(clash) {
            Some(error) => Err(error),
            None => {
                self.bindings.iter_mut().filter(|b| b.name == name).for_each(|b| b.keys.clone_from(&keys));
                Ok(())
            }
        }
    }

    /// The key of an action as the footer shows it.
    #[must_use]
    pub fn shown(&self, action: Action) -> String {
        let binding = self.bindings.iter().find(|b| b.action == action);
        binding.and_then(|b| b.keys.first()).map(|k| pretty(k)).unwrap_or_default()
    }
}

/// A key's name as people read it.
#[must_use]
pub fn pretty(key: &str) -> String {
    match key {
        "enter" => "Enter".into(),
        "tab" => "Tab".into(),
        "backtab" => "Shift-Tab".into(),
        "space" => "Space".into(),
        "esc" => "Esc".into(),
        "up" => "↑".into(),
        "down" => "↓".into(),
        "left" => "←".into(),
        "right" => "→".into(),
        "pageup" => "PgUp".into(),
        "pagedown" => "PgDn".into(),
        "home" => "Home".into(),
        "end" => "End".into(),
        "delete" => "Del".into(),
        "backspace" => "Bksp".into(),
        "f1" => "F1".into(),
        _ => match key.strip_prefix("ctrl-") {
            Some(rest) => format!("^{}", rest.to_uppercase()),
            None => key.into(),
        },
    }
}

/// Whether this is Ctrl-C.
#[must_use]
pub fn is_interrupt(key: &KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'C'))
}

/// A pressed key's name as the table writes it.
fn name_of(key: &KeyEvent) -> Option<String> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    let name = match key.code {
        KeyCode::Char(' ') => "space".into(),
        KeyCode::Char(c) if ctrl => format!("ctrl-{}", c.to_ascii_lowercase()),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "enter".into(),
        KeyCode::Tab => "tab".into(),
        KeyCode::BackTab => "backtab".into(),
        KeyCode::Esc => "esc".into(),
        KeyCode::Up => "up".into(),
        KeyCode::Down => "down".into(),
        KeyCode::Left => "left".into(),
        KeyCode::Right => "right".into(),
        KeyCode::PageUp => "pageup".into(),
        KeyCode::PageDown => "pagedown".into(),
        KeyCode::Home => "home".into(),
        KeyCode::End => "end".into(),
        KeyCode::Delete => "delete".into(),
        KeyCode::Backspace => "backspace".into(),
        KeyCode::F(n) => format!("f{n}"),
        _ => return None,
    };
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let map = Keymap::default();
        for (i, a) in map.bindings.iter().enumerate() {
            for b in map.bindings.iter().skip(i + 1).filter(|b| a.places & b.places != 0) {
                // The dashboard's bit comes beside another, for Tab alone.
                assert!(!a.keys.iter().any(|k| b.keys.contains(k)), "{} and {}", a.name, b.name);
            }
        }
    }

    #[test]
    fn names_and_actions_are_unique() {
        let map = Keymap::default();
        for (i, a) in map.bindings.iter().enumerate() {
            assert!(!a.says.is_empty() && !a.keys.is_empty());
            assert!(map.bindings.iter().skip(i + 1).all(|b| b.name != a.name && b.action != a.action), "{}", a.name);
        }
    }

    #[test]
    fn rebinding_names_both_in_a_clash() {
        let mut map = Keymap::default();
        assert_eq!(map.rebind("filter", "q"), Err("key `q` is bound to both `filter` and `quit`".into()));
        assert!(map.rebind("nothing", "q").is_err());
        map.rebind("filter", "ctrl-f2 F").unwrap();
        let key = KeyEvent::new(KeyCode::Char('F'), KeyModifiers::SHIFT);
        assert_eq!(map.action(&key, place::FLOWS), Some(Action::Filter));
        assert_eq!(map.action(&KeyEvent::from(KeyCode::Char('/')), place::FLOWS), None);
    }

    #[test]
    fn keys_in_their_places() {
        let map = Keymap::default();
        let space = KeyEvent::from(KeyCode::Char(' '));
        assert_eq!(map.action(&space, place::RULES), Some(Action::Toggle));
        assert_eq!(map.action(&space, place::FLOWS), Some(Action::Pause));
        let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(map.action(&interrupt, place::TEXT), Some(Action::Quit));
        assert_eq!(map.action(&KeyEvent::from(KeyCode::Char('3')), place::FLOWS), Some(Action::View(2)));
    }
}
