//! "Did you mean ...?"

/// Longest name that is compared, in characters.
const LONGEST: usize = 64;

/// The candidate that is most like a misspelt name, if one is: at most a third of its characters differ.
#[must_use]
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.to_lowercase().chars().take(LONGEST + 1).collect();
    if name.len() > LONGEST {
        return None;
    }
    let most = (name.len() / 3).max(1);
    let near = candidates.into_iter().filter_map(|candidate| {
        let distance = distance(&name, candidate, most)?;
        Some((distance, candidate))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Characters to insert, delete or replace, if they are not more than `most`. In any case of letters.
fn distance(name: &[char], candidate: &str, most: usize) -> Option<usize> {
    let candidate: Vec<char> = candidate.to_lowercase().chars().collect();
    if name.len().abs_diff(candidate.len()) > most {
        return None;
    }
    // One row of the table of distances between beginnings.
    let mut row: Vec<usize> = (0..=candidate.len()).collect();
    for (i, a) in name.iter().enumerate() {
        let mut left = i + 1;
        let mut diagonal = i;
        for (cell, b) in row.iter_mut().skip(1).zip(&candidate) {
            let above = *cell;
            left = (left + 1).min(above + 1).min(diagonal + usize::from(a != b));
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_in_any_case() {
        let names = ["YouTube", "Twitter", "TikTok", "TLS", "DNS"];
        for (typed, meant) in [
            ("Youtub", Some("YouTube")),
            ("you tube", Some("YouTube")),
            ("TICKTOCK", Some("TikTok")),
            ("dsn", None),
            ("tsl", None),
            ("DNSs", Some("DNS")),
            ("TLSS", Some("TLS")),
            ("completely else", None),
            ("", None),
        ] {
            assert_eq!(closest(typed, names), meant, "{typed}");
        }
        assert_eq!(closest(&"y".repeat(1_000_000), names), None);
    }

    #[test]
    fn distances() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (a, b, n) in
            [("kitten", "sitting", 3), ("abc", "abc", 0), ("", "ab", 2), ("ab", "", 2), ("flaw", "lawn", 2)]
        {
            assert_eq!(distance(&chars(a), b, 9), Some(n), "{a} {b}");
        }
    }
}
