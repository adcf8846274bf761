use std::collections::BTreeMap;

use super::*;
use crate::sample;

/// A complete report of a binder of this name, of this day.
fn whole(name: &str, day: u32) -> Report {
    let mut report = sample::green();
    report.subject.name = name.to_owned();
    report.suite.started = format!("2026-02-{day:02}T04:05:06Z");
    report.suite.asked = None;
    report
}

fn entry(report: Report) -> Entry {
    Entry { slug: slug(&report), report, judged_again: false, past: Vec::new() }
}

/// One that fails, one that is green and has a past, one with a name of markup.
fn site() -> BTreeMap<String, String> {
    let mut failing = sample::mixed();
    failing.cases.retain(|case| case.outcome != judge::row::TrialOutcome::Error);
    failing.counts = crate::Counts::of(failing.cases.iter().map(|case| case.outcome));
    let mut green = entry(whole("green", 2));
    green.judged_again = true;
    green.remember(Past::of(&whole("green", 1)));
    let hostile = entry(whole("<img src=x onerror=alert(1)>\u{202e}", 3));
    files(&[entry(failing), green, hostile]).unwrap().into_iter().collect()
}

#[test]
fn names_in_addresses_are_plain() {
    for (name, expected) in [
        ("Deno.dlopen", "deno.dlopen"),
        ("bun:ffi", "bun-ffi"),
        ("../../etc/passwd", "etc-passwd"),
        ("漢字", "binder"),
        (".", "binder"),
        ("a  b", "a-b"),
    ] {
        assert_eq!(slug(&whole(name, 1)), expected);
    }
}

#[test]
fn what_holds_for_nothing_but_itself_is_refused() {
    assert_eq!(refusal(&whole("a", 1)), None);
    let mut shard = sample::green();
    shard.suite.complete = false;
    assert!(refusal(&shard).unwrap().contains("part 1/4"));
    let asked = shard.suite.asked.as_mut().unwrap();
    (asked.shard, asked.filters) = (None, vec!["u64".to_owned()]);
    assert!(refusal(&shard).unwrap().contains("only trials named u64"));
    let asked = shard.suite.asked.as_mut().unwrap();
    (asked.filters, asked.arms) = (Vec::new(), vec!["leak".to_owned()]);
    assert_eq!((refusal(&shard), part(&shard)), (None, Some("1 arms".to_owned())));
    let mut cut = whole("a", 1);
    cut.suite.cut_short = Some("SIGINT ended the run early".to_owned());
    assert!(refusal(&cut).unwrap().contains("SIGINT"));
    let mut flattering = whole("a", 1);
    flattering.counts.passed += 1;
    assert!(refusal(&flattering).unwrap().contains("does not add up"));
}

#[test]
fn every_link_within_a_site_leads_somewhere() {
    let site = site();
    let mut links = 0;
    for (name, page) in site.iter().filter(|(name, _)| name.ends_with(".html")) {
        for attribute in ["href=\"", "src=\""] {
            for rest in page.split(attribute).skip(1) {
                let link = &rest[..rest.find('"').unwrap()];
                if link.starts_with("data:") || link.starts_with("https://example.org/") {
                    continue;
                }
                let (file, place) =
                    link.split_once('#').map_or((link, None), |(file, place)| (file, Some(place)));
                let file = if file.is_empty() { name.clone() } else { beside(name, file) };
                let target = site.get(&file).unwrap_or_else(|| panic!("{name}: {link}: no {file}"));
                if let Some(place) = place {
                    let place = decoded(place);
                    assert!(
                        target.contains(&format!("id=\"{place}\"")),
                        "{name}: {link}: no {place}"
                    );
                }
                links += 1;
            }
        }
    }
    assert!(links > 1000, "{links} links were looked at");
}

/// The file that a relative link of a file means.
fn beside(name: &str, link: &str) -> String {
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        if part == ".." {
            parts.pop().expect("no link leaves the site");
        } else {
            parts.push(part)
        }
    }
    parts.join("/")
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&digits, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_same_reports_make_the_same_site() {
    assert_eq!(site(), site());
}

#[test]
fn a_hostile_name_is_text_everywhere() {
    for (name, text) in site() {
        // Data is as it is: who shows it has to see to that.
        let is_page = !name.ends_with(".json");
        assert!(!name.contains('<'), "{name}");
        assert!(!(is_page && text.contains("<img src=x")), "{name}");
        assert!(!(is_page && text.contains('\u{202e}')), "{name}");
    }
}

#[test]
fn a_report_takes_the_place_of_an_older_one_once() {
    let mut entry = entry(whole("a", 5));
    for day in [3, 1, 3, 2] {
        entry.remember(Past::of(&whole("a", day)));
    }
    let days: Vec<&str> = entry.past.iter().map(|past| &past.started[8..10]).collect();
    assert_eq!(days, ["01", "02", "03"]);
}

#[test]
fn what_a_site_says_of_a_binder_is_read_back() {
    let site = site();
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("green.json");
    std::fs::write(&file, &site["api/binders/green.json"]).unwrap();
    let page = read_binder(&file).unwrap();
    assert_eq!((page.slug.as_str(), page.judged_again, page.history.len()), ("green", true, 1));
    let newer =
        site["api/binders/green.json"].replace("\"schema_version\": 1", "\"schema_version\": 2");
    std::fs::write(&file, newer).unwrap();
    assert!(read_binder(&file).unwrap_err().to_string().contains('2'));
}
