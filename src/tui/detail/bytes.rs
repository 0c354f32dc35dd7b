//! The bytes of the selected packet, and the whole conversation as text.

use super::{Detail, Part};
use crate::engine::snapshot::PacketRow;
use crate::text;
use crate::tui::pen::Pen;
use crate::tui::table;
use crate::tui::theme::Role;

/// Bytes of the conversation that are prepared for reading.
const STREAM: usize = 64 * 1024;

/// Bytes on one line of hex for so many columns.
pub(super) fn per_line(width: u16) -> usize {
    if width >= 71 { 16 } else { 8 }
}

pub(super) fn draw_hex(detail: &Detail, pen: &mut Pen) {
    let focused = detail.focused(Part::Bytes);
    let Some(packet) = detail.packet() else {
        table::title(pen, focused, "Bytes", "");
        return;
    };
    table::title(pen, focused, "Bytes", &format!("packet {}; t shows text", packet.number));
    let per_line = per_line(pen.width());
    let lines = packet.bytes.chunks(per_line).enumerate().skip(detail.bytes.top);
    for ((line, chunk), y) in lines.zip(1..pen.height()) {
        draw_line(pen, y, line * per_line, chunk, packet, per_line);
    }
}

fn draw_line(pen: &mut Pen, y: u16, offset: usize, chunk: &[u8], packet: &PacketRow, per_line: usize) {
    pen.text(1, y, &format!("{offset:04x}"), Role::Faint);
    let half = per_line / 2;
    let column = |i: usize| u16::try_from(6 + i * 3 + usize::from(i >= half)).unwrap_or(u16::MAX);
    let text_at = column(per_line);
    for (i, byte) in chunk.iter().enumerate() {
        let role = match (offset + i < packet.payload_at as usize, packet.up) {
            (true, _) => Role::Dim,
            (false, true) => Role::Up,
            (false, false) => Role::Down,
        };
        pen.text(column(i), y, &format!("{byte:02x}"), role);
        let shown = if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '·' };
        let x = text_at + u16::try_from(i).unwrap_or(0);
        pen.text(x, y, shown.encode_utf8(&mut [0; 4]), if shown == '·' { Role::Faint } else { role });
    }
}

pub(super) fn draw_stream(detail: &Detail, pen: &mut Pen) {
    table::title(pen, detail.focused(Part::Bytes), "Stream", "payload as text; t shows bytes");
    let lines = stream(detail.list(), pen.width());
    if lines.is_empty() {
        table::empty(pen, 1, "No packet carries payload.");
    }
    for ((up, line), y) in lines.iter().skip(detail.bytes.top).zip(1..pen.height()) {
        let (mark, role) = if *up { ("↑", Role::Up) } else { ("↓", Role::Down) };
        pen.text(1, y, mark, role);
        pen.text(3, y, line, role);
    }
}

/// The conversation in lines: direction and text.
pub(super) fn stream(packets: &[PacketRow], width: u16) -> Vec<(bool, String)> {
    let width = usize::from(width.saturating_sub(4)).max(8);
    let mut out = Vec::new();
    let mut taken = 0;
    for packet in packets.iter().filter(|p| p.payload > 0) {
        let from = packet.payload_at as usize;
        let bytes = packet.bytes.get(from..).unwrap_or_default();
        let bytes = bytes.get(..packet.payload as usize).unwrap_or(bytes);
        for line in bytes.split(|b| *b == b'\n') {
            let line = readable(line);
            let mut rest = line.as_str();
            while !rest.is_empty() {
                // One character is one column here: `readable` leaves no others.
                let (head, tail) = rest.split_at(rest.char_indices().nth(width).map_or(rest.len(), |(at, _)| at));
                out.push((packet.up, head.to_owned()));
                rest = tail;
            }
        }
        taken += bytes.len();
        if taken > STREAM {
            break;
        }
    }
    out
}

fn readable(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = String::from_utf8_lossy(line);
    let narrow = |c: char| {
        if c.is_control() || text::width(c.encode_utf8(&mut [0; 4])) != 1 || c == '\u{fffd}' { '·' } else { c }
    };
    text.chars().map(narrow).collect()
}
