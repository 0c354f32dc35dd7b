//! The command line.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent};

use super::input::Input;
use super::sort::SORTS;
use super::{Next, Overlay};
use crate::engine::snapshot::{ExportWhat, Request, RuleSpec};
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::panes::PANES;
use crate::tui::pen::Pen;
use crate::tui::theme::{Role, THEMES};

/// Name, what follows, what it does.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("block", "app|domain|ip|port WHAT", "add a rule"),
    ("filter", "TEXT", "filter the flows"),
    ("q", "", "quit"),
    ("rules", "FILE", "save the rules"),
    ("report", "FILE", "write a report (.md, .json, else text)"),
    ("sort", "bytes|rate|start ...", "order the flows"),
    ("theme", "NAME", "colours"),
    ("view", "NAME", "go to a view"),
    ("w", "FILE", "write what the rules let through"),
    ("dropped", "FILE", "write what the rules stop"),
];

/// The command being typed.
#[derive(Debug, Default)]
pub struct CommandLine {
    input: Input,
    error: Option<String>,
}

impl CommandLine {
    fn complete(&mut self) {
        let text = self.input.before().to_owned();
        let (command, rest) = text.split_once(' ').unwrap_or((text.as_str(), ""));
        let found = if text.contains(' ') {
            let names: Vec<&str> = match command {
                "theme" => THEMES.iter().map(|t| t.name).collect(),
                "sort" => SORTS.iter().map(|(_, name)| *name).collect(),
                "view" => PANES.iter().map(|p| p.name()).collect(),
                "block" => vec!["app ", "domain ", "ip ", "port "],
                _ => Vec::new(),
            };
            let begins = |name: &&str| name.to_lowercase().starts_with(&rest.to_lowercase());
            names.into_iter().find(begins).map(|name| (rest.len(), name.to_owned()))
        } else {
            let found = COMMANDS.iter().find(|(name, ..)| name.starts_with(command));
            found.map(|(name, ..)| (text.len(), format!("{name} ")))
        };
        if let Some((bytes, with)) = found {
            self.input.replace_before(bytes, &with);
        }
    }
}

/// Does what a command says, or says what is wrong with it.
fn run(app: &mut App, line: &str) -> Result<(), String> {
    let (command, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    let rest = rest.trim();
    let need = |what: &str| if rest.is_empty() { Err(format!("`{command}` needs {what}")) } else { Ok(()) };
    match command {
        "" => {}
        "q" | "quit" => app.done = true,
        "filter" | "f" => app.filters.set_typed(rest).map_err(|error| error.to_string())?,
        "theme" => {
            let known = THEMES.iter().any(|t| t.name.eq_ignore_ascii_case(rest));
            let names: Vec<_> = THEMES.iter().map(|t| t.name).collect();
            known.then_some(()).ok_or_else(|| format!("the themes are {}", names.join(", ")))?;
            app.theme = app.theme.named(rest);
        }
        "sort" => {
            let names: Vec<_> = SORTS.iter().map(|(_, name)| *name).collect();
            let found = SORTS.iter().find(|(_, name)| *name == rest);
            let (sort, _) = found.ok_or_else(|| format!("the orders are {}", names.join(", ")))?;
            (app.sort, app.ascending) = (*sort, super::sort::naturally_ascending(*sort));
        }
        "view" => {
            let names: Vec<_> = PANES.iter().map(|p| p.name()).collect();
            let found = PANES.iter().position(|p| p.name().eq_ignore_ascii_case(rest));
            crate::tui::actions::show(app, found.ok_or_else(|| format!("the views are {}", names.join(", ")))?);
        }
        "block" => {
            need("app, domain, ip or port, and what")?;
            app.monitor.request(Request::Block(spec(rest)?));
        }
        "w" | "write" | "dropped" => {
            need("a file")?;
            let what = if command == "dropped" { ExportWhat::Dropped } else { ExportWhat::Forwarded };
            app.monitor.request(Request::Export { what, path: PathBuf::from(rest), overwrite: false });
        }
        "rules" => {
            need("a file")?;
            app.monitor.request(Request::SaveRules(PathBuf::from(rest)));
        }
        "report" => {
            need("a file")?;
            let format = if rest.ends_with(".json") {
                "json"
            } else if rest.ends_with(".md") {
                "markdown"
            } else {
                "text"
            };
            app.monitor.request(Request::Report { format: format.into(), path: PathBuf::from(rest), overwrite: false });
        }
        other => {
            let names: Vec<_> = COMMANDS.iter().map(|(name, ..)| *name).collect();
            return Err(format!("there is no command `{other}`; there are {}", names.join(", ")));
        }
    }
    Ok(())
}

fn spec(words: &str) -> Result<RuleSpec, String> {
    let (kind, what) = words.split_once(' ').map_or((words, ""), |(kind, what)| (kind, what.trim()));
    if what.is_empty() {
        return Err(format!("block which {kind}?"));
    }
    Ok(match kind {
        "app" => RuleSpec::App(what.into()),
        "domain" | "host" => RuleSpec::Domain(what.into()),
        "ip" | "address" => RuleSpec::Address(what.into()),
        "port" => RuleSpec::Port(what.into()),
        _ => return Err("block app, domain, ip or port".into()),
    })
}

impl Overlay for CommandLine {
    fn key(&mut self, key: KeyEvent, app: &mut App) -> Next {
        match key.code {
            KeyCode::Esc => return Next::Close,
            KeyCode::Backspace if self.input.text().is_empty() => return Next::Close,
            KeyCode::Enter => match run(app, self.input.text()) {
                Ok(()) => return Next::Close,
                Err(error) => self.error = Some(error),
            },
            KeyCode::Tab => self.complete(),
            _ => {
                self.input.key(&key);
                self.error = None;
            }
        }
        Next::Stay
    }

    fn paste(&mut self, text: &str, _app: &mut App) -> Next {
        self.input.insert(text);
        Next::Stay
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![("Enter", "do it"), ("Tab", "complete"), ("Esc", "leave")]
    }

    fn draw(&self, app: &App, pen: &mut Pen) {
        let mut area = app.plan.body;
        area.height = app.plan.footer.y.saturating_sub(area.y).max(area.height);
        let mut pen = pen.on(layout::bottom(&mut area, 2));
        pen.clear(pen.theme.base());
        let width = pen.width();
        let x = pen.text(1, 0, ": ", Role::Accent);
        self.input.draw(&mut pen, x, 0, width.saturating_sub(x + 1), None);
        if let Some(error) = &self.error {
            pen.text(x, 1, error, Role::Bad);
            return;
        }
        let typed = self.input.text();
        let command = typed.split(' ').next().unwrap_or_default();
        let fits =
            |(name, ..): &&(&str, &str, &str)| name.starts_with(command) && (!typed.contains(' ') || *name == command);
        let mut x = x;
        for (name, follows, says) in COMMANDS.iter().filter(fits) {
            x = if typed.is_empty() {
                pen.text(x, 1, name, Role::Dim) + 2
            } else {
                pen.text(x, 1, &format!("{name} {follows}: {says}"), Role::Dim) + 3
            };
        }
    }
}
