//! Values with units.

use super::FilterError;

const SIZES: &str = "write a number such as 500, 10k or 1.5M";
const TIMES: &str = "write a time such as 500ms, 5s, 2m or 1h";

/// A number with a unit of size.
pub(super) fn size(value: &str, at: usize) -> Result<u64, FilterError> {
    let (number, unit) = split_unit(value);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "ki" | "kib" => 1024.0,
        "mi" | "mib" => 1_048_576.0,
        "gi" | "gib" => 1_073_741_824.0,
        _ => return Err(oops(at, SIZES)),
    };
    scaled(number, factor).ok_or_else(|| oops(at, SIZES))
}

/// A time, in nanoseconds.
pub(super) fn duration(value: &str, at: usize) -> Result<u64, FilterError> {
    let (number, unit) = split_unit(value);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "us" => 1e3,
        "ms" => 1e6,
        "" | "s" => 1e9,
        "m" | "min" => 60e9,
        "h" => 3_600e9,
        "d" => 86_400e9,
        _ => return Err(oops(at, TIMES)),
    };
    scaled(number, factor).ok_or_else(|| oops(at, TIMES))
}

fn split_unit(value: &str) -> (&str, &str) {
    value.split_at(value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len()))
}

fn scaled(number: &str, factor: f64) -> Option<u64> {
    // Beyond the range of u64 `as` saturates, as a filter should.
    number.parse::<f64>().ok().map(|number| (number * factor) as u64)
}

fn oops(at: usize, message: &str) -> FilterError {
    FilterError { at, message: message.into() }
}

/// The values between commas; a comma alone is a value too.
pub(super) fn values(value: &str) -> impl Iterator<Item = &str> {
    let lone = value.split(',').all(str::is_empty);
    let parts = value.split(',').filter(|v| !v.is_empty());
    parts.chain(lone.then_some(value))
}
