//! What every page has: its head, its style and script, the heading, the links, the foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Nothing is fetched, whatever a report holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline' 'self'; script-src 'unsafe-inline' 'self'; img-src 'self' data:";

/// Where style and script are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Assets<'a> {
    /// In the page itself.
    Within,
    /// In files of a site, whose root is there as the page sees it.
    At(&'a str),
}

/// Names of the files that [`Assets::At`] stands for, and what they hold.
pub(crate) const FILES: [(&str, &str); 2] = [("page.css", STYLE), ("page.js", SCRIPT)];

/// A page around what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    /// Its title.
    pub(crate) title: &'a str,
    /// Where style and script are.
    pub(crate) assets: Assets<'a>,
    /// The link to where it belongs, and its name.
    pub(crate) above: Option<(&'a str, &'a str)>,
    /// Where its links lead, and their names.
    pub(crate) links: &'a [(&'a str, &'a str)],
}

impl Page<'_> {
    /// The whole page.
    pub(crate) fn render(&self, heading: &Markup, body: &Markup) -> String {
        let Page { title, assets, above, links } = *self;
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="color-scheme" content="light dark";
                    meta name="generator" content=(concat!("boundary-conformance ", env!("CARGO_PKG_VERSION")));
                    link rel="icon" href="data:,";
                    title { (title) }
                    @match assets {
                        Assets::Within => { style { (PreEscaped(STYLE)) } }
                        Assets::At(root) => { link rel="stylesheet" href={ (root) "page.css" }; }
                    }
                }
                body {
                    a.skip href="#main" { "Skip to what it says" }
                    header {
                        @if let Some((to, name)) = above { p.above { a href=(to) { "← " (name) } } }
                        (heading)
                    }
                    @if !links.is_empty() {
                        nav aria-label="On this page" {
                            ul { @for (to, name) in links { li { a href=(to) { (name) } } } }
                        }
                    }
                    main #main { (body) }
                    footer {
                        p { "Made by Boundary Conformance " (env!("CARGO_PKG_VERSION")) "." }
                    }
                    @match assets {
                        Assets::Within => { script { (PreEscaped(SCRIPT)) } }
                        Assets::At(root) => { script src={ (root) "page.js" } {} }
                    }
                }
            }
        }
        .into_string()
    }
}

/// A table that may be wider than the page: it scrolls by itself, with the keyboard too.
pub(crate) fn wide(label: &str, table: &Markup) -> Markup {
    html! { div.wide role="group" aria-label=(label) tabindex="0" { (table) } }
}

/// Data for the page's script, in a form that no text in it can end.
pub(crate) fn data(id: &str, value: &serde_json::Value) -> Markup {
    let text = value.to_string().replace('<', "\\u003c");
    html! { script type="application/json" id=(id) { (PreEscaped(text)) } }
}

/// The name of a place on a page, of any text: a name has no blanks.
pub(crate) fn anchor(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join("_")
}

/// A link to the place of that name.
pub(crate) fn to_anchor(text: &str) -> String {
    format!("#{}", encoded(&anchor(text)))
}

/// A text as a part of an address.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_a_script_or_an_address() {
        let script = data("x", &serde_json::json!(["</script><script>alert(1)</script>"]));
        assert_eq!(script.into_string().matches("</script>").count(), 1);
        assert_eq!(to_anchor("a \"b\"#<c>"), "#a_%22b%22%23%3Cc%3E");
    }

    #[test]
    fn a_page_fetches_nothing() {
        let page = Page { title: "t", assets: Assets::Within, above: None, links: &[] };
        let page = page.render(&html! {}, &html! {});
        for fetching in ["src=", "href=\"http", "url(", "@import"] {
            assert!(!page.contains(fetching), "{fetching}");
        }
    }
}
