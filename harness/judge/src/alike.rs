//! Host values as the contract compares them.

use contract::HostValue;

/// Whether two host values are one: maps in any order.
pub(crate) fn same(expected: &HostValue, observed: &HostValue) -> bool {
    let entries = |a: &[(String, HostValue)], b: &[(String, HostValue)]| {
        a.len() == b.len()
            && a.iter().all(|(key, value)| b.iter().any(|(k, v)| k == key && same(value, v)))
    };
    match (expected, observed) {
        (HostValue::Map(a), HostValue::Map(b)) => entries(a, b),
        (HostValue::Record(name, a), HostValue::Record(other, b)) => name == other && entries(a, b),
        (HostValue::Text(a), HostValue::Text(b)) => same_text(a, b),
        (HostValue::Vector(a), HostValue::Vector(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (expected, observed) => expected == observed,
    }
}

/// Whether two texts are one, but for how many U+FFFD stand for malformed bytes: at least one for a run of them, and
/// at most one for each byte, of which a malformed sequence has three at the most.
fn same_text(expected: &str, observed: &str) -> bool {
    const MOST: usize = 3;
    let (mut expected, mut observed) = (expected, observed);
    loop {
        let runs = [expected, observed]
            .map(|text| text.len() - text.trim_start_matches(char::REPLACEMENT_CHARACTER).len());
        let [due, seen] = runs.map(|bytes| bytes / char::REPLACEMENT_CHARACTER.len_utf8());
        if (due == 0) != (seen == 0) || seen > MOST * due {
            return false;
        }
        (expected, observed) = (&expected[runs[0]..], &observed[runs[1]..]);
        match (expected.chars().next(), observed.chars().next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one == other => {
                (expected, observed) = (&expected[one.len_utf8()..], &observed[one.len_utf8()..]);
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_bytes_may_be_counted_as_hosts_do() {
        for (expected, observed, same) in [
            ("a\u{fffd}b", "a\u{fffd}b", true),
            ("\u{fffd}\u{fffd}\u{fffd}", "\u{fffd}", true),
            ("a\u{fffd}", "a\u{fffd}\u{fffd}", true),
            ("a\u{fffd}", "a", false),
            ("a", "a\u{fffd}", false),
            ("a\u{fffd}b", "a\u{fffd}c", false),
            ("a\u{fffd}b", "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}b", false),
            ("", "", true),
        ] {
            assert_eq!(same_text(expected, observed), same, "{expected:?} {observed:?}");
        }
    }
}
