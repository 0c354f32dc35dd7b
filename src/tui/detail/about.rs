//! Identity, evidence, risks and facts of the open flow, as lines of text.

use super::{Detail, Part};
use crate::engine::snapshot::{FlowDetail, FlowRow};
use crate::text;
use crate::tui::app::App;
use crate::tui::pen::Pen;
use crate::tui::subject;
use crate::tui::table;
use crate::tui::theme::Role;

/// Columns before the values.
const KEY: u16 = 13;

pub(super) enum Line {
    Title(&'static str, String),
    Pair(String, String, Role),
    Gap,
}

pub(super) fn draw(detail: &Detail, app: &App, pen: &mut Pen) {
    let focused = detail.focused(Part::About);
    let lines = lines(detail, app, pen.width());
    for (line, y) in lines.iter().skip(detail.about.top).zip(0..pen.height()) {
        match line {
            Line::Title(name, note) => {
                table::title(&mut below(pen, y), focused, name, note);
            }
            Line::Pair(key, value, role) => {
                pen.within(3, y, KEY - 1, key, Role::Dim);
                pen.text(3 + KEY, y, value, *role);
            }
            Line::Gap => {}
        }
    }
    let more = detail.about.lines.saturating_sub(detail.about.top + usize::from(pen.height()));
    if more > 0 && pen.height() > 1 {
        let (width, y) = (pen.width(), pen.height() - 1);
        pen.right(width, y, &format!(" ↓ {more} more"), Role::Dim);
    }
}

/// The rest of a pen's area from a line on.
fn below<'p>(pen: &'p mut Pen, y: u16) -> Pen<'p> {
    let area = pen.area();
    pen.on(ratatui::layout::Rect { y: area.y + y, height: area.height.saturating_sub(y), ..area })
}

/// All lines, values wrapped to the width.
pub(super) fn lines(detail: &Detail, app: &App, width: u16) -> Vec<Line> {
    let mut out = Vec::new();
    let value_width = usize::from(width.saturating_sub(4 + KEY)).max(8);
    let mut page = Page { out: &mut out, width: value_width };
    identity(&mut page, &detail.row, app);
    let Some(info) = &detail.info else {
        page.gap();
        page.pair("", "reading its packets", Role::Dim);
        return out;
    };
    why(&mut page, info);
    risks(&mut page, info);
    health(&mut page, info);
    facts(&mut page, info);
    out
}

struct Page<'a> {
    out: &'a mut Vec<Line>,
    width: usize,
}

impl Page<'_> {
    fn gap(&mut self) {
        if !self.out.is_empty() {
            self.out.push(Line::Gap);
        }
    }

    fn title(&mut self, name: &'static str, note: &str) {
        self.gap();
        self.out.push(Line::Title(name, note.into()));
    }

    fn pair(&mut self, key: &str, value: &str, role: Role) {
        let mut key = key.to_owned();
        for part in wrap(&text::harmless(value), self.width) {
            self.out.push(Line::Pair(std::mem::take(&mut key), part, role));
        }
    }
}

fn identity(page: &mut Page, row: &FlowRow, app: &App) {
    page.title("Flow", &format!("number {}", row.id));
    page.pair("client", &subject::endpoint(row.client, row.client_port), Role::Text);
    let server = subject::endpoint(row.server, row.server_port);
    page.pair("server", &server, Role::Text);
    if let Some(name) = row.server_name.as_deref().filter(|_| !app.options.no_names) {
        page.pair("", &format!("{name}? from an earlier DNS answer"), Role::Dim);
    }
    if let Some(domain) = row.domain.as_deref() {
        page.pair("asked for", domain, Role::Strong);
    }
    let transport = subject::transport(row.proto);
    let mark = if row.guess { "? a guess" } else { "" };
    let protocol = row.protocol.as_deref().map_or_else(|| transport.clone(), |p| format!("{p} over {transport}"));
    page.pair("protocol", &format!("{protocol}{}", if row.app.is_none() { mark } else { "" }), Role::Text);
    if let Some(name) = row.app.as_deref() {
        let category = row.category.as_deref().filter(|c| !c.is_empty());
        let category = category.map_or_else(String::new, |c| format!("  {c}"));
        page.pair("app", &format!("{name}{mark}{category}"), Role::Text);
    }
    let one_way = |bytes, packets| format!("{}, {}", text::bytes(bytes), text::plural(packets, "packet"));
    page.pair("↓ to client", &one_way(row.bytes_down, row.packets_down), Role::Down);
    page.pair("↑ to server", &one_way(row.bytes_up, row.packets_up), Role::Up);
    page.pair("began", &text::moment(row.start), Role::Text);
    page.pair("lasted", &format!("{}, {}", text::span(row.end.saturating_sub(row.start)), row.state), Role::Text);
    if row.carrier {
        page.pair("carrier", "carries other flows, which are counted for themselves", Role::Text);
    }
}

fn health(page: &mut Page, info: &FlowDetail) {
    if info.stack.len() < 2 && info.rtt.is_none() && info.retransmissions == (0, 0) && info.notes.is_empty() {
        return;
    }
    page.title("Way", "layers, tunnels, losses");
    if info.stack.len() > 1 {
        page.pair("stack", &info.stack.join(" › "), Role::Text);
    }
    if let Some(rtt) = info.rtt {
        page.pair("round trip", &text::span(rtt), Role::Text);
    }
    let (up, down) = info.retransmissions;
    if up > 0 || down > 0 {
        page.pair("sent again", &format!("↓ {down}  ↑ {up} segments"), Role::Warn);
    }
    for (name, value) in &info.notes {
        page.pair(name, value, Role::Text);
    }
}

fn why(page: &mut Page, info: &FlowDetail) {
    page.title("Why", "what gave it its name");
    for line in &info.evidence {
        let place = if line.packet == 0 { line.layer.to_owned() } else { format!("packet {}", line.packet) };
        page.pair(&place, &line.text, Role::Text);
    }
    if info.evidence.is_empty() {
        page.pair("", "nothing has given it a name so far", Role::Dim);
    }
}

fn risks(page: &mut Page, info: &FlowDetail) {
    if !info.risks.is_empty() {
        page.title("Risks", "");
        for risk in &info.risks {
            page.pair("!", risk, Role::Warn);
        }
    }
}

fn facts(page: &mut Page, info: &FlowDetail) {
    for (object, fields) in &info.facts {
        page.title("Facts", object);
        for (name, values) in fields {
            page.pair(name, &values.join(", "), Role::Text);
        }
    }
}

/// Text in lines of at most `width` columns: at spaces where there are any.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let mut columns = text::width(word.trim_end());
        if used > 0 && used + columns > width {
            out.push(std::mem::take(&mut line));
            used = 0;
        }
        let mut word = word;
        while columns > width {
            let part = cut(word, width);
            let (head, tail) = word.split_at(part);
            out.push(head.to_owned());
            word = tail;
            columns = text::width(word.trim_end());
        }
        line.push_str(word);
        used += text::width(word);
    }
    if !line.is_empty() || out.is_empty() {
        out.push(line);
    }
    out
}

/// Length in bytes of what fits into `width` columns, at least one character.
fn cut(text: &str, width: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += text::width(c.encode_utf8(&mut [0; 4]));
        if used > width && at > 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping() {
        assert_eq!(wrap("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("東京東京", 5), ["東京", "東京"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("東", 1), ["東"]);
    }
}
