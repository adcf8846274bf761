//! The import graph: crates by their manifests, and the modules of a crate by the paths that their code
//! names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use proc_macro2::TokenStream;
use serde::Deserialize;

use crate::source::{is_given_on, is_of_tests, paths, tokens, without, words};
use crate::tree::Tree;

/// What each node names, and where it does so first.
pub(crate) type Graph = BTreeMap<String, BTreeMap<String, String>>;

/// What `cargo metadata` says of the workspace.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    workspace_root: String,
}

/// A member of the workspace.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    manifest_path: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// What a manifest depends on.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `dev` or `build`; nothing for what the crate itself needs.
    pub(crate) kind: Option<String>,
}

impl Workspace {
    /// The workspace in a folder.
    pub(crate) fn of(root: &Path) -> Workspace {
        let cargo = Command::new(env!("CARGO"))
            .args(["metadata", "--no-deps", "--format-version=1"])
            .current_dir(root)
            .output()
            .expect("cargo can be run");
        serde_json::from_slice(&cargo.stdout).unwrap_or_else(|error| {
            panic!("cargo metadata: {error}\n{}", String::from_utf8_lossy(&cargo.stderr))
        })
    }

    /// The folder of a member, as it begins the paths of its files.
    pub(crate) fn folder(&self, package: &Package) -> String {
        let manifest = Path::new(&package.manifest_path).strip_prefix(&self.workspace_root);
        let folder = manifest.ok().and_then(Path::parent).expect("a member is in the workspace");
        format!("{}/", folder.display())
    }

    /// The members that a member depends on, by those of one kind.
    pub(crate) fn ours<'p>(&self, package: &'p Package, kind: Option<&str>) -> BTreeSet<&'p str> {
        let is_ours = |name: &str| self.packages.iter().any(|package| package.name == name);
        let dependencies = package.dependencies.iter();
        dependencies
            .filter(|dependency| dependency.kind.as_deref() == kind && is_ours(&dependency.name))
            .map(|dependency| dependency.name.as_str())
            .collect()
    }
}

/// The name of what stands in the crate's root itself.
const ROOT: &str = "(root)";

/// A source file of a crate: the module it is, and its code outside tests.
struct Source<'t> {
    file: &'t str,
    module: Vec<String>,
    code: TokenStream,
}

/// The graph of the modules directly below a crate's `src`. What the root gives on with `pub use`
/// counts as the module's it comes from.
pub(crate) fn modules(tree: &Tree, folder: &str, name: &str) -> Graph {
    let src = format!("{folder}src/");
    let sources = sources(tree, &src);
    let own = name.replace('-', "_");
    let mut graph: Graph = BTreeMap::new();
    let mut given_on = BTreeMap::new();
    for source in &sources {
        match source.module.first() {
            Some(top) => drop(graph.entry(top.clone()).or_default()),
            None => {
                let (_, uses) = without(source.code.clone(), is_given_on);
                let uses = uses.into_iter().flat_map(|item| paths(item, &[]));
                given_on.extend(uses.map(|(mut path, _)| (path.pop(), path[0].clone())));
            }
        }
    }
    let tops: BTreeSet<String> = graph.keys().cloned().collect();
    for source in sources {
        let is_root = source.module.is_empty();
        let from = source.module.first().map_or(ROOT, String::as_str);
        let code = if is_root { without(source.code, is_given_on).0 } else { source.code };
        for (path, line) in paths(code, &source.module) {
            let named = match &path[..] {
                [first, second, ..] if first == "crate" || *first == own => second,
                [first, ..] if is_root && tops.contains(first) => first,
                _ => continue,
            };
            let to = tops.get(named).or_else(|| given_on.get(&Some(named.clone())));
            let to = to.map_or(ROOT, String::as_str);
            let is_of_another_crate = to != ROOT && !tops.contains(to);
            if to != from && !is_of_another_crate {
                let place = format!("{}:{line}", source.file);
                graph.entry(from.to_owned()).or_default().entry(to.to_owned()).or_insert(place);
            }
        }
    }
    graph
}

fn sources<'t>(tree: &'t Tree, src: &'t str) -> Vec<Source<'t>> {
    let mut tests = BTreeSet::new();
    let mut sources = Vec::new();
    for (file, text) in tree.texts(src, &["rs"]) {
        let module = file.trim_start_matches(src).trim_end_matches(".rs");
        let mut module: Vec<String> = module.split('/').map(str::to_owned).collect();
        module.retain(|part| !matches!(part.as_str(), "mod" | "lib" | "main"));
        let (code, items) = without(tokens(file, text), is_of_tests);
        for item in items {
            let words = words(item);
            if let [.., (keyword, _), (test, _)] = &words[..]
                && keyword == "mod"
            {
                tests.insert([&module[..], std::slice::from_ref(test)].concat());
            }
        }
        sources.push(Source { file, module, code });
    }
    sources.retain(|source| !tests.contains(&source.module));
    sources
}

/// The circles of a graph: nodes that reach each other.
pub(crate) fn circles(graph: &Graph) -> BTreeSet<BTreeSet<&str>> {
    let returns = |from: &str, to: &str| reached(graph, to).contains(from);
    let circle = |from: &String| {
        reached(graph, from).into_iter().filter(|to| returns(from, to)).collect::<BTreeSet<_>>()
    };
    graph.keys().map(circle).filter(|circle| !circle.is_empty()).collect()
}

fn reached<'g>(graph: &'g Graph, from: &str) -> BTreeSet<&'g str> {
    let named = |node: &str| graph.get(node).into_iter().flat_map(BTreeMap::keys);
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = named(from).map(String::as_str).collect();
    while let Some(node) = open.pop() {
        if reached.insert(node) {
            open.extend(named(node).map(String::as_str));
        }
    }
    reached
}

/// Writes a graph for people, a line a node.
pub(crate) fn shown(graph: &Graph) -> String {
    graph.iter().fold(String::new(), |mut text, (node, names)| {
        let names: Vec<&str> = names.keys().map(String::as_str).collect();
        let _ = writeln!(text, "    {node} → {}", names.join(", "));
        text
    })
}
