//! The corpus from its folder: every file, then every declaration, every function, every suite.
//!
//! The order is that of dependence: types and functions are seen by every suite, so that they are
//! read before the first case.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::{
    ArgumentKind, Beyond, DataModel, Declarations, Refusal, RefusalCode, Signature, Type, bounds,
};

use super::error::{CorpusError, Fault, Problem, location};
use super::fields::{Fields, edn, kebab_case, list, map, unexpected, word};
use super::suites::SuiteReader;
use super::yaml::{self, Content, Entry, Mark, Node};
use super::{Body, Corpus, Function, Held, Suite};
use crate::fingerprint;

pub(super) const SUITE_FIELDS: [&str; 6] =
    ["suite", "clauses", "types", "functions", "cases", "tables"];

/// A case file's bytes, under the path that messages name.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// Relative to the corpus folder.
    pub path: PathBuf,
    /// What the file holds.
    pub bytes: Vec<u8>,
}

impl Corpus {
    /// Reads every case file of a folder.
    ///
    /// # Errors
    ///
    /// Everything found wrong: of one case the first error, of different cases, functions and files
    /// all.
    pub fn load(
        folder: &Path,
        known_clauses: &BTreeSet<String>,
    ) -> Result<Corpus, Vec<CorpusError>> {
        Corpus::read(&files(folder)?, known_clauses)
    }

    /// Reads case files that are in memory, in the order given.
    ///
    /// # Errors
    ///
    /// As [`Corpus::load`].
    pub fn read(
        files: &[CaseFile],
        known_clauses: &BTreeSet<String>,
    ) -> Result<Corpus, Vec<CorpusError>> {
        let mut errors = Vec::new();
        let documents = documents(files, &mut errors);
        let pages: Vec<Page<'_>> = documents
            .iter()
            .filter_map(|document| {
                page(document).map_err(|fault| errors.push(fault.in_file(document.path))).ok()
            })
            .collect();
        let (texts, declarations) = declarations(&pages, &mut errors);
        let functions = functions(&pages, &declarations, &mut errors);
        let mut suites = Vec::new();
        let (mut mistakes, mut left_out) = (Vec::new(), 0);
        for page in &pages {
            let reader = SuiteReader {
                file: page.path,
                known_clauses,
                functions: &functions,
                declarations: &declarations,
            };
            let read = reader.suite(page.name, page.fields, &mut mistakes);
            left_out += read.as_ref().map_or(0, |(_, unread)| *unread);
            suites.extend(read.map(|(suite, _)| suite));
        }
        // Cases are written for words of 64 bits. What cannot be read of them for others is about those words:
        // the same corpus is read by every run on this program's own target, too.
        let is_foreign = DataModel::is_foreign();
        if !is_foreign {
            errors.append(&mut mistakes);
        }
        // A case that was not read may be the one that calls it.
        if errors.is_empty() && !is_foreign {
            errors.extend(unused_functions(&functions, &suites));
        }
        if errors.is_empty() {
            let hash = hash(files);
            let DeclarationTexts { plain: declarations_text, held } = texts;
            Ok(Corpus { suites, functions, declarations, declarations_text, held, hash, left_out })
        } else {
            errors.sort_by(|left, right| left.at.cmp(&right.at));
            Err(errors)
        }
    }
}

/// A file's tree.
struct Document<'f> {
    path: &'f Path,
    root: Node,
}

/// A tree that is a suite's.
struct Page<'d> {
    path: &'d Path,
    name: &'d str,
    fields: Fields<'d>,
}

fn files(folder: &Path) -> Result<Vec<CaseFile>, Vec<CorpusError>> {
    let unreadable = |path: &Path, error: std::io::Error| {
        vec![CorpusError::whole(path, Problem::Unreadable { reason: error.to_string() })]
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        paths.push(entry.map_err(|error| unreadable(folder, error))?.path());
    }
    paths.sort();
    let mut files = Vec::new();
    let mut strays = Vec::new();
    for path in paths {
        let relative = PathBuf::from(path.file_name().unwrap_or_default());
        let extension = path.extension().unwrap_or_default();
        let is_named_so = extension == "yaml";
        let is_meant_so = is_named_so
            || extension.eq_ignore_ascii_case("yaml")
            || extension.eq_ignore_ascii_case("yml")
            // A name of nothing else is no extension.
            || relative == Path::new(".yaml")
            || relative == Path::new(".yml");
        match fs::metadata(&path) {
            // What a link leads to is gone, say.
            Err(error) if is_meant_so => return Err(unreadable(&relative, error)),
            Err(_) => {}
            Ok(found) if found.is_file() && is_named_so => {
                let bytes = bounds::read(&path, yaml::MOST_BYTES);
                let bytes = bytes.map_err(|error| unreadable(&relative, error))?;
                files.push(CaseFile { path: relative, bytes });
            }
            Ok(found) if found.is_file() && !is_meant_so => {}
            Ok(_) => strays.push(CorpusError::whole(&relative, Problem::StrayFile)),
        }
    }
    match (strays.is_empty(), files.is_empty()) {
        (false, _) => Err(strays),
        (true, true) => Err(vec![CorpusError::whole(folder, Problem::NoSuites)]),
        (true, false) => Ok(files),
    }
}

fn documents<'f>(files: &'f [CaseFile], errors: &mut Vec<CorpusError>) -> Vec<Document<'f>> {
    let mut documents = Vec::with_capacity(files.len());
    for CaseFile { path, bytes } in files {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let problem = Problem::NotUtf8 { offset: error.valid_up_to() };
                errors.push(CorpusError::whole(path, problem));
                continue;
            }
        };
        match yaml::parse(text) {
            Ok(root) => documents.push(Document { path, root }),
            Err(error) => errors.push(CorpusError::yaml(path, error, &SUITE_FIELDS)),
        }
    }
    documents
}

fn page<'d>(document: &'d Document<'_>) -> Result<Page<'d>, Fault> {
    let fields = Fields::of(&document.root, "a case file", &SUITE_FIELDS)?;
    let node = fields.require("suite")?;
    let name = kebab_case(node, "a suite")?;
    let stem = document.path.file_stem().unwrap_or_default().to_string_lossy();
    if name != stem {
        let problem = Problem::SuiteName { found: name.to_owned(), stem: stem.into_owned() };
        return Err(Fault::new(node.mark, problem));
    }
    Ok(Page { path: document.path, name, fields })
}

/// The declarations of a corpus as they are sent.
#[derive(Default)]
struct DeclarationTexts {
    /// Those that every binder reads.
    plain: String,
    held: Vec<Held>,
}

impl DeclarationTexts {
    /// Adds a form, which is read by who has these. Forms stand behind what they use, and those that are held behind all
    /// that are not.
    fn add(&mut self, layouts: BTreeSet<Beyond>, form: &str) {
        let text = match self.held.last_mut() {
            _ if layouts.is_empty() => &mut self.plain,
            Some(last) if last.needs == layouts => &mut last.text,
            _ => {
                self.held.push(Held { needs: layouts, text: String::new() });
                &mut self.held.last_mut().expect("one was just added").text
            }
        };
        text.extend([form, "\n"]);
    }
}

/// Reads the named types of all suites, each after those it uses, wherever they stand. A refused one is
/// left out, so that the rest can be read.
fn declarations(
    pages: &[Page<'_>],
    errors: &mut Vec<CorpusError>,
) -> (DeclarationTexts, Declarations) {
    let mut texts = DeclarationTexts::default();
    let mut declarations = Declarations::new();
    let mut waiting = Vec::new();
    for page in pages {
        let items = page.fields.get("types").map(|node| list(node, "`types`")).transpose();
        match items.and_then(|items| forms(items.unwrap_or_default())) {
            Ok(forms) => waiting.extend(forms.into_iter().map(|(node, form)| (page, node, form))),
            Err(fault) => errors.push(fault.in_file(page.path)),
        }
    }
    // A form that lacks a name is tried again when that is declared, and not before: tried again and again,
    // a file whose types stand backwards would take minutes.
    let mut lacking: HashMap<String, Vec<usize>> = HashMap::new();
    let mut refusals = BTreeMap::new();
    let (mut due, mut later) = ((0..waiting.len()).collect(), BTreeSet::new());
    while let Some(index) = next(&mut due, &mut later) {
        let (_, _, form) = waiting[index];
        let before = declarations.len();
        match declarations.extend(form) {
            Ok(()) => {
                let added = declarations.iter().skip(before);
                let layouts = added.flat_map(|named| declarations.layouts(&named.name)).collect();
                texts.add(layouts, form);
                for named in declarations.iter().skip(before) {
                    for waits in lacking.remove(&named.name).unwrap_or_default() {
                        let round = if waits > index { &mut due } else { &mut later };
                        round.insert(waits);
                        refusals.remove(&waits);
                    }
                }
            }
            Err(refusal) => {
                if refusal.code == RefusalCode::UnknownField {
                    lacking.entry(refusal.form.clone()).or_default().push(index);
                }
                refusals.insert(index, refusal);
            }
        }
    }
    for (index, refusal) in refusals {
        let (page, node, _) = waiting[index];
        let fault = refused(node, "declaration".to_owned(), refusal);
        errors.push(fault.in_file(page.path));
    }
    (texts, declarations)
}

/// The next form of this round, or the first of the round after it.
fn next(due: &mut BTreeSet<usize>, later: &mut BTreeSet<usize>) -> Option<usize> {
    if due.is_empty() {
        mem::swap(due, later);
    }
    due.pop_first()
}

fn forms(items: &[Node]) -> Result<Vec<(&Node, &str)>, Fault> {
    items.iter().map(|item| Ok((item, edn(item, "a declaration")?))).collect()
}

fn functions(
    pages: &[Page<'_>],
    declarations: &Declarations,
    errors: &mut Vec<CorpusError>,
) -> BTreeMap<String, Arc<Function>> {
    let mut functions: BTreeMap<String, Arc<Function>> = BTreeMap::new();
    for page in pages {
        let Some(node) = page.fields.get("functions") else { continue };
        let entries = match map(node, "`functions`") {
            Ok(entries) => entries,
            Err(fault) => {
                errors.push(fault.in_file(page.path));
                continue;
            }
        };
        for entry in entries {
            if let Some(first) = functions.get(&entry.key) {
                let (name, first) = (entry.key.clone(), first.at.clone());
                let problem = Problem::Duplicate { what: "function", name, first };
                errors.push(Fault::new(entry.mark, problem).in_file(page.path));
                continue;
            }
            match function(entry, page.path, declarations) {
                Ok(function) => {
                    functions.insert(entry.key.clone(), Arc::new(function));
                }
                Err(fault) => errors.push(fault.in_file(page.path)),
            }
        }
    }
    functions
}

fn function(entry: &Entry, file: &Path, declarations: &Declarations) -> Result<Function, Fault> {
    let (signature_node, [consumes, alias, shared]) = match &entry.value.content {
        Content::Map(_) => {
            let known = ["signature", "consumes", "symbol", "shared"];
            let fields = Fields::of(&entry.value, "a function", &known)?;
            let rest = ["consumes", "symbol", "shared"].map(|field| fields.get(field));
            (fields.require("signature")?, rest)
        }
        _ => (&entry.value, [None; 3]),
    };
    let text = edn(signature_node, "a signature")?;
    let refused =
        |refusal| refused(signature_node, format!("signature of `{}`", entry.key), refusal);
    let signature = Signature::read(text, declarations).map_err(refused)?;
    let consumes = consumes.map(|node| consumed(node, &entry.key, &signature)).transpose()?;
    let name = symbol(&entry.key, entry.mark)?.to_owned();
    let symbol = match alias {
        Some(node) => symbol(word(node, "`symbol`")?, node.mark)?.to_owned(),
        None => name.clone(),
    };
    let shared = match shared.map(|node| (node, node.text())) {
        None => false,
        Some((_, Some("true"))) => true,
        Some((node, _)) => return unexpected(node, "`shared`", "`true`, or no such field"),
    };
    Ok(Function {
        name,
        symbol,
        text: text.to_owned(),
        signature,
        consumes,
        shared,
        at: location(file, entry.mark),
    })
}

fn symbol(name: &str, mark: Mark) -> Result<&str, Fault> {
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(name);
    }
    let content = Content::Scalar { text: name.to_owned(), quoted: false };
    unexpected(&Node { mark, content }, "a function", "the name of a C symbol")
}

/// The index of the argument that `consumes` names.
fn consumed(node: &Node, symbol: &str, signature: &Signature) -> Result<usize, Fault> {
    let binding = word(node, "`consumes`")?;
    let arguments = &signature.arguments;
    let Some(index) = arguments.iter().position(|argument| argument.binding == binding) else {
        let problem = Problem::UnknownBinding {
            symbol: symbol.to_owned(),
            found: binding.to_owned(),
            known: arguments.iter().map(|argument| argument.binding.clone()).collect(),
        };
        return Err(Fault::new(node.mark, problem));
    };
    match &arguments[index].kind {
        ArgumentKind::Plain(Type::Handle(_)) => Ok(index),
        _ => {
            let problem = Problem::NotConsumable {
                symbol: symbol.to_owned(),
                binding: binding.to_owned(),
                declared: arguments[index].form.clone(),
            };
            Err(Fault::new(node.mark, problem))
        }
    }
}

pub(super) fn refused(node: &Node, what: String, refusal: Refusal) -> Fault {
    let problem = Problem::Refused {
        what,
        code: refusal.code.to_string(),
        form: refusal.form,
        offset: refusal.position.offset,
        detail: refusal.detail,
    };
    Fault::new(node.mark, problem)
}

fn unused_functions<'a>(
    functions: &'a BTreeMap<String, Arc<Function>>,
    suites: &'a [Suite],
) -> impl Iterator<Item = CorpusError> + 'a {
    let mut called = BTreeSet::new();
    for case in suites.iter().flat_map(|suite| &suite.cases) {
        match &case.body {
            Body::Calls(_) | Body::Kept(_) => {
                called.extend(case.every_call().map(|step| step.function.name.as_str()));
            }
            Body::Property(property) => {
                called.insert(property.function.name.as_str());
            }
            Body::Signature(_) | Body::Binding(_) => {}
        }
    }
    functions.values().filter(move |function| !called.contains(function.name.as_str())).map(
        |function| CorpusError {
            at: function.at.clone(),
            problem: Problem::UnusedFunction { symbol: function.name.clone() },
        },
    )
}

/// What tells this corpus from another: every path and file.
fn hash(files: &[CaseFile]) -> String {
    let paths: Vec<_> = files.iter().map(|file| file.path.to_string_lossy()).collect();
    let parts = files.iter().zip(&paths).flat_map(|(file, path)| [path.as_bytes(), &*file.bytes]);
    fingerprint(parts)
}
