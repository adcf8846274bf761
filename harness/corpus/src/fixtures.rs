//! The fixture library from the harness's side: its manifest and the floors it times itself.
//!
//! One of the modules that may use `unsafe`: it calls the suite's own symbols (docs/evidence.md).

#![expect(unsafe_code, reason = "loads the fixture library and calls the suite's own symbols")]

use std::path::{Path, PathBuf};

use contract::{ArgumentKind, Declarations, NamedKind, Signature, Type};
use libloading::Library;
use zig_lib::manifest::{Manifest, ManifestError};

use crate::case::{Corpus, Function};

/// A loaded fixture library.
#[derive(Debug)]
pub struct Fixtures {
    library: Library,
    path: PathBuf,
    manifest: Manifest,
}

/// A fixture library that cannot be used: always the suite's error, never the subject's.
#[derive(Debug, thiserror::Error)]
pub enum FixturesError {
    /// The library or one of the suite's symbols could not be had.
    #[error("cannot use the fixture library {}: {source}", path.display())]
    NotLoadable {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        source: libloading::Error,
    },
    /// The manifest is not text, or not as documented.
    #[error("the manifest of {} cannot be read: {message}", path.display())]
    Unreadable {
        /// The library.
        path: PathBuf,
        /// What is wrong, and in which line.
        message: String,
    },
    /// The corpus and the library do not say the same.
    #[error("the corpus and the fixture library disagree:\n{}", .0.join("\n"))]
    Disagreement(Vec<String>),
}

/// What the library measured itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Nanoseconds for all calls.
    pub elapsed_ns: u64,
    /// The checksum of what they returned.
    pub checksum: u64,
}

impl Fixtures {
    /// Loads the library and reads its manifest.
    ///
    /// # Errors
    /// [`FixturesError`].
    pub fn open(path: &Path) -> Result<Fixtures, FixturesError> {
        let not_loadable = |source| FixturesError::NotLoadable { path: path.to_owned(), source };
        let unreadable = |message| FixturesError::Unreadable { path: path.to_owned(), message };
        // SAFETY: the suite built the library itself; it has no initialisers of its own.
        let library = unsafe { Library::new(path) }.map_err(not_loadable)?;
        let text = manifest_text(&library).map_err(not_loadable)?;
        let text = String::from_utf8(text).map_err(|error| unreadable(error.to_string()))?;
        let manifest =
            Manifest::parse(&text).map_err(|error: ManifestError| unreadable(error.to_string()))?;
        Ok(Fixtures { library, path: path.to_owned(), manifest })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The library's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `count` direct typed calls of a shape, on the library's own clock.
    ///
    /// # Errors
    /// [`FixturesError::NotLoadable`] for a library that measures nothing.
    pub fn floor(&self, shape: u32, count: u64) -> Result<Floor, FixturesError> {
        type BenchFloor = unsafe extern "C" fn(u32, u64, *mut u64) -> u64;
        // SAFETY: the prototype is that of docs/evidence.md, *Symbols*.
        let floor = unsafe { self.library.get::<BenchFloor>("bc_bench_floor") };
        let floor = floor
            .map_err(|source| FixturesError::NotLoadable { path: self.path.clone(), source })?;
        let mut checksum = 0;
        // SAFETY: the checksum's place outlives the call, which writes one word there.
        let elapsed_ns = unsafe { floor(shape, count, &raw mut checksum) };
        Ok(Floor { elapsed_ns, checksum })
    }
}

fn manifest_text(library: &Library) -> Result<Vec<u8>, libloading::Error> {
    type ManifestSymbol = unsafe extern "C" fn(*mut usize) -> *const u8;
    // SAFETY: the prototype is that of docs/evidence.md, *Symbols*.
    let manifest = unsafe { library.get::<ManifestSymbol>("bc_manifest") }?;
    let mut length = 0;
    // SAFETY: the length's place outlives the call, which writes one word there.
    let first = unsafe { manifest(&raw mut length) };
    // SAFETY: the text is static and `length` bytes long.
    let text = unsafe { std::slice::from_raw_parts(first, length) };
    Ok(text.to_vec())
}

/// Compares what the corpus declares with what the library exports. A difference is the suite's error,
/// found before the first case runs.
///
/// # Errors
/// [`FixturesError::Disagreement`] with every difference.
pub fn compare(corpus: &Corpus, manifest: &Manifest) -> Result<(), FixturesError> {
    let mut differences = Vec::new();
    for function in corpus.functions.values() {
        compare_function(function, corpus, manifest, &mut differences);
    }
    compare_types(&corpus.declarations, manifest, &mut differences);
    if differences.is_empty() { Ok(()) } else { Err(FixturesError::Disagreement(differences)) }
}

/// Compares the functions that a library has with what the corpus declares, and asks for no others.
///
/// # Errors
/// [`FixturesError::Disagreement`] with every difference.
pub fn compare_functions(corpus: &Corpus, manifest: &Manifest) -> Result<(), FixturesError> {
    let mut differences = Vec::new();
    for function in corpus.functions.values() {
        if manifest.function(&function.symbol).is_some() {
            compare_function(function, corpus, manifest, &mut differences);
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(FixturesError::Disagreement(differences)) }
}

fn compare_function(
    function: &Function,
    corpus: &Corpus,
    manifest: &Manifest,
    differences: &mut Vec<String>,
) {
    let (symbol, at) = (&function.symbol, &function.at);
    let Some(native) = manifest.function(symbol) else {
        differences.push(format!("{at}: no fixture is called `{symbol}`"));
        return;
    };
    let read = |form: &String| Type::read(form, &corpus.declarations);
    let declared = lowered(&function.signature);
    let mut say = |what: &str, corpus: &str, library: &str| {
        differences.push(format!(
            "{at}: {what} of `{symbol}`: the corpus says {corpus}, the library {library}"
        ));
    };
    if declared.len() != native.params.len() {
        let counts = (declared.len().to_string(), native.params.len().to_string());
        say("number of parameters", &counts.0, &counts.1);
    }
    for ((argument, declared), form) in declared.iter().zip(&native.params) {
        if read(form).as_ref() != Ok(declared) {
            let binding = &function.signature.arguments[*argument].binding;
            say(&format!("type of `{binding}`"), &declared.to_string(), form);
        }
    }
    if read(&native.returns).as_ref() != Ok(&function.signature.returns) {
        say("return", &function.signature.return_form, &native.returns);
    }
    let index = |index: Option<usize>| index.map_or("none".into(), |index| index.to_string());
    // A destructured argument is several parameters, so that those behind it count on.
    let consumes = function
        .consumes
        .and_then(|consumed| declared.iter().position(|(argument, _)| *argument == consumed));
    if consumes != native.consumes {
        say("consumed argument", &index(consumes), &index(native.consumes));
    }
}

/// The parameters a signature has in the fixture's own terms, each with its argument's index: a rest
/// argument is a const slice (S-3), a destructured one a scalar a binding (S-2).
fn lowered(signature: &Signature) -> Vec<(usize, Type)> {
    let mut parameters = Vec::new();
    for (index, argument) in signature.arguments.iter().enumerate() {
        match &argument.kind {
            ArgumentKind::Plain(of) => parameters.push((index, of.clone())),
            ArgumentKind::Rest(of) => {
                let of = Box::new(Type::Scalar(*of));
                parameters.push((index, Type::Slice { constant: true, of }));
            }
            ArgumentKind::Destructured(keys) => {
                parameters.extend(keys.iter().map(|(_, of)| (index, Type::Scalar(*of))));
            }
        }
    }
    parameters
}

fn compare_types(declarations: &Declarations, manifest: &Manifest, differences: &mut Vec<String>) {
    for named in declarations.iter() {
        let name = &named.name;
        let (declared, native) = match &named.kind {
            NamedKind::Enum { backing, members } => {
                let declared: Vec<_> =
                    members.iter().map(|m| format!("{} {}", m.name, m.value)).collect();
                let native = manifest.enums.iter().find(|found| found.name == *name).map(|found| {
                    let members: Vec<_> =
                        found.members.iter().map(|m| format!("{} {}", m.name, m.value)).collect();
                    format!("{} [{}]", found.backing, members.join(", "))
                });
                (format!("{backing} [{}]", declared.join(", ")), native)
            }
            NamedKind::Struct { record, fields } => {
                let Some(layout) = declarations.struct_layout(name) else { continue };
                let fields: Vec<_> = fields
                    .iter()
                    .zip(&layout.offsets)
                    .map(|(field, offset)| format!("{} {} at {offset}", field.name, field.of))
                    .collect();
                let declared = format!(
                    "record {record}, size {}, alignment {}, [{}]",
                    layout.layout.size,
                    layout.layout.alignment,
                    fields.join(", ")
                );
                let native =
                    manifest.structs.iter().find(|found| found.name == *name).map(|found| {
                        let fields: Vec<_> = found
                            .fields
                            .iter()
                            .map(|field| {
                                format!("{} {} at {}", field.name, field.form, field.offset)
                            })
                            .collect();
                        format!(
                            "record {}, size {}, alignment {}, [{}]",
                            found.record,
                            found.size,
                            found.align,
                            fields.join(", ")
                        )
                    });
                (declared, native)
            }
            NamedKind::Iterator { .. } => {
                let found = manifest.iterators.iter().any(|found| found.name == *name);
                ("an iterator".into(), found.then(|| "an iterator".into()))
            }
        };
        match native {
            Some(native) if native == declared => {}
            Some(native) => differences
                .push(format!("type `{name}`: the corpus says {declared}, the library {native}")),
            None => differences.push(format!("type `{name}`: the library has none of that name")),
        }
    }
}
