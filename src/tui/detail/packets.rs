//! The packet list of the open flow.

use super::{Detail, Part};
use crate::engine::snapshot::PacketRow;
use crate::text;
use crate::tui::pen::Pen;
use crate::tui::table;
use crate::tui::theme::Role;

pub(super) fn draw(detail: &Detail, pen: &mut Pen) {
    let focused = detail.focused(Part::Packets);
    let packets = detail.list();
    let done = detail.info.as_ref().is_some_and(|info| info.packets_done);
    let note = if done { "" } else { "reading" };
    let after = table::title(pen, focused, "Packets", note);
    table::extent(pen, &detail.packets, packets.len(), after);
    if packets.is_empty() {
        let words = if done { "Its packets were not kept." } else { "Reading its packets again from the source." };
        table::empty(pen, 1, words);
        return;
    }
    for (x, heading) in [(3, "Number"), (14, "After"), (29, "Bytes"), (37, "Payload"), (47, "Flags")] {
        pen.text(x, 1, heading, Role::Dim);
    }
    for (at, y) in detail.packets.shown(packets.len()).zip(2..) {
        let Some(packet) = packets.get(at) else { break };
        let before = at.checked_sub(1).and_then(|i| packets.get(i));
        if at == detail.packets.cursor {
            table::cursor(pen, y, focused);
        }
        draw_packet(pen, y, packet, before);
    }
}

fn draw_packet(pen: &mut Pen, y: u16, packet: &PacketRow, before: Option<&PacketRow>) {
    let (arrow, role) = if packet.up { ("↑", Role::Up) } else { ("↓", Role::Down) };
    pen.right(9, y, &packet.number.to_string(), Role::Dim);
    let delta = before.map_or(0, |before| packet.time.saturating_sub(before.time));
    pen.right(19, y, &fine(delta), Role::Dim);
    pen.text(24, y, arrow, role);
    pen.right(34, y, &text::count(packet.wire.into()), Role::Text);
    let payload = if packet.payload == 0 { "-".into() } else { text::count(packet.payload.into()) };
    pen.right(44, y, &payload, if packet.payload == 0 { Role::Faint } else { role });
    pen.text(47, y, &flags(&packet.flags), Role::Dim);
}

/// A short time with its fraction: what [`text::span`] rounds away matters between packets.
fn fine(nanoseconds: i64) -> String {
    match nanoseconds {
        ..=-1 => format!("-{}", fine(nanoseconds.saturating_neg())),
        0 => "-".into(),
        1..=999_999 => format!("{} µs", nanoseconds / 1_000),
        1_000_000..=999_999_999 => format!("{}.{} ms", nanoseconds / 1_000_000, nanoseconds / 100_000 % 10),
        _ => text::span(nanoseconds),
    }
}

fn flags(letters: &str) -> String {
    let name = |c| match c {
        'S' => "SYN",
        'A' => "ACK",
        'P' => "PSH",
        'F' => "FIN",
        'R' => "RST",
        'U' => "URG",
        'E' => "ECE",
        'C' => "CWR",
        _ => "?",
    };
    letters.chars().map(name).collect::<Vec<_>>().join(" ")
}
