//! Small drawings out of characters: bars in eighths, sparklines, braille graphs.

/// A horizontal bar of `value` of `most` in at most `columns`, in eighths of a column. What is there shows at least an
/// eighth.
#[must_use]
pub fn bar(value: u64, most: u64, columns: u16) -> String {
    if value == 0 || most == 0 || columns == 0 {
        return String::new();
    }
    let eighths = u128::from(value.min(most)) * u128::from(columns) * 8 / u128::from(most);
    let eighths = usize::try_from(eighths).unwrap_or(0).max(1);
    let mut out = "█".repeat(eighths / 8);
    out.push_str(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"].get(eighths % 8).unwrap_or(&""));
    out
}

/// Values as one line of `columns` characters.
#[must_use]
pub fn spark(values: &[u64], columns: u16) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let values = resample(values, columns.into());
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let level = |v: u64| usize::try_from(u128::from(v) * 7 / u128::from(most)).unwrap_or(0);
    values.iter().map(|v| if *v == 0 { ' ' } else { LEVELS.get(level(*v)).copied().unwrap_or(' ') }).collect()
}

/// Values as one line of braille: quieter than [`spark`], two values a column.
#[must_use]
pub fn trend(values: &[u64], columns: u16) -> String {
    let values = resample(values, usize::from(columns) * 2);
    let most = values.iter().copied().max().unwrap_or(0);
    braille(&values, most, 1, false).pop().unwrap_or_default()
}

/// Values as sums over exactly `columns` equal stretches; what falls on a border is shared out.
#[must_use]
pub fn resample(values: &[u64], columns: usize) -> Vec<u64> {
    let len = values.len();
    if len == 0 || columns == 0 {
        return vec![0; columns];
    }
    if len >= columns {
        let mut out = vec![0_u64; columns];
        for (i, value) in values.iter().enumerate() {
            if let Some(sum) = out.get_mut(i * columns / len) {
                *sum = sum.saturating_add(*value);
            }
        }
        // Stretches hold one value more or fewer: even that out, or the graph would ripple.
        for (column, sum) in out.iter_mut().enumerate() {
            let (from, to) = ((column * len).div_ceil(columns), ((column + 1) * len).div_ceil(columns));
            let held = to.saturating_sub(from).max(1) as u128;
            *sum = u64::try_from(u128::from(*sum) * len as u128 / (held * columns as u128)).unwrap_or(u64::MAX);
        }
        return out;
    }
    (0..columns)
        .map(|column| values.get(column * len / columns).copied().unwrap_or(0) * len as u64 / columns as u64)
        .collect()
}

/// A filled braille graph, two values a column and four levels a line; lines from top to bottom. With `hanging` it
/// grows down from its top.
#[must_use]
pub fn braille(values: &[u64], most: u64, lines: u16, hanging: bool) -> Vec<String> {
    const LEFT: [u32; 4] = [0x40, 0x04, 0x02, 0x01];
    const RIGHT: [u32; 4] = [0x80, 0x20, 0x10, 0x08];
    let total = u128::from(lines) * 4;
    let dots = |value: u64| -> u32 {
        let dots = (u128::from(value) * total).div_ceil(u128::from(most.max(1))).min(total);
        u32::try_from(dots).unwrap_or(0)
    };
    let heights: Vec<u32> = values.iter().map(|v| dots(*v)).collect();
    let cell = |pair: &[u32], line: u16| -> char {
        // `below` is how many dots lie between the ground and this line.
        let below = 4 * u32::from(if hanging { line } else { lines - 1 - line });
        let side = |height: Option<&u32>, bits: [u32; 4]| -> u32 {
            let lit = height.map_or(0, |h| h.saturating_sub(below).min(4)) as usize;
            let ordered = bits.iter();
            if hanging { ordered.rev().take(lit).sum() } else { ordered.take(lit).sum() }
        };
        let bits = side(pair.first(), LEFT) + side(pair.get(1), RIGHT);
        if bits == 0 { ' ' } else { char::from_u32(0x2800 + bits).unwrap_or(' ') }
    };
    (0..lines).map(|line| heights.chunks(2).map(|pair| cell(pair, line)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_exact_to_the_eighth() {
        assert_eq!(bar(8, 8, 3), "███");
        assert_eq!(bar(1, 2, 3), "█▌");
        assert_eq!(bar(1, 1_000_000, 3), "▏");
        assert_eq!(bar(0, 8, 3), "");
        assert_eq!(bar(u64::MAX, u64::MAX, 4), "████");
    }

    #[test]
    fn resampling_keeps_shape_and_sum() {
        assert_eq!(resample(&[1, 2, 3, 4], 2), [3, 7]);
        assert_eq!(resample(&[4, 8], 4), [2, 2, 4, 4]);
        assert_eq!(resample(&[10; 7], 3).iter().max(), resample(&[10; 7], 3).iter().min());
        assert_eq!(resample(&[], 3), [0, 0, 0]);
        assert!(resample(&[1], 0).is_empty());
    }

    #[test]
    fn braille_grows_from_its_ground() {
        assert_eq!(braille(&[4, 0, 1, 2], 4, 1, false), ["⡇⣠"]);
        assert_eq!(braille(&[4, 1], 4, 1, true), ["⡏"]);
        assert_eq!(braille(&[8, 8, 4, 0], 8, 2, false), ["⣿ ", "⣿⡇"]);
        assert_eq!(spark(&[0, 1, 7], 3), " ▂█");
    }
}
