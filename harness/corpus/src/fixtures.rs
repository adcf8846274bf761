//! The fixture library from the harness's side: its manifest and the floors it times itself.
//!
//! One of the modules that may use `unsafe`: it calls the suite's own symbols (docs/evidence.md).

#![expect(unsafe_code, reason = "loads the fixture library and calls the suite's own symbols")]

mod lowering;
mod text;

use std::error::Error as _;
use std::path::{Path, PathBuf};

use contract::{
    ArgumentKind, Declarations, Lowering, NamedKind, Pair, Path as InvokerPath, Release, Signature,
    Type,
};
use libloading::Library;
use zig_lib::library::Target;
use zig_lib::manifest::{Manifest, ManifestError};

use crate::case::{Corpus, Function};

/// A loaded fixture library.
#[derive(Debug)]
pub struct Fixtures {
    /// None for one that this process cannot load, which times nothing here.
    library: Option<Library>,
    path: PathBuf,
    manifest: Manifest,
}

/// A fixture library that cannot be used: always the suite's error, never the subject's.
#[derive(Debug, thiserror::Error)]
pub enum FixturesError {
    /// The library or one of the suite's symbols could not be had.
    #[error("cannot use the fixture library {}: {message}", path.display())]
    NotLoadable {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        message: String,
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
        let not_loadable = |error| not_loadable(path, &error);
        // SAFETY: the suite built the library itself; it has no initialisers of its own.
        let library = unsafe { Library::new(path) }.map_err(not_loadable)?;
        let text = text::of_library(&library).map_err(not_loadable)?;
        Fixtures::described(path, Some(library), text)
    }

    /// Reads the manifest of what was built for another machine, which is not loaded.
    ///
    /// # Errors
    /// [`FixturesError`].
    pub fn read(path: &Path, target: Target) -> Result<Fixtures, FixturesError> {
        let text = if target.is_wasm() { text::of_module(path) } else { text::of_object(path) };
        let not_loadable = |message| FixturesError::NotLoadable { path: path.to_owned(), message };
        Fixtures::described(path, None, text.map_err(not_loadable)?)
    }

    fn described(
        path: &Path,
        library: Option<Library>,
        text: Vec<u8>,
    ) -> Result<Fixtures, FixturesError> {
        let unreadable = |message| FixturesError::Unreadable { path: path.to_owned(), message };
        let text = String::from_utf8(text).map_err(|error| unreadable(error.to_string()))?;
        let manifest =
            Manifest::parse(&text).map_err(|error: ManifestError| unreadable(error.to_string()))?;
        Ok(Fixtures { library, path: path.to_owned(), manifest })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The path that serves a fixture, worked out from its Zig types; none for one that it has not.
    pub fn invoker_path(&self, symbol: &str) -> Option<InvokerPath> {
        self.manifest.function(symbol)?.lowering.as_ref().map(lowering::path)
    }

    /// The library's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `count` direct typed calls of a shape, on the library's own clock.
    ///
    /// # Errors
    /// [`FixturesError::NotLoadable`] for a library that measures nothing.
    pub fn floor(&self, shape: u32, placement: u32, count: u64) -> Result<Floor, FixturesError> {
        type BenchFloor = unsafe extern "C" fn(u32, u32, u64, *mut u64) -> u64;
        let library = self.library.as_ref().ok_or_else(|| FixturesError::NotLoadable {
            path: self.path.clone(),
            message: "what is not loaded measures nothing".into(),
        })?;
        // SAFETY: the prototype is that of docs/evidence.md, *Symbols*.
        let floor = unsafe { library.get::<BenchFloor>("bc_bench_floor") };
        let floor = floor.map_err(|error| not_loadable(&self.path, &error))?;
        let mut checksum = 0;
        // SAFETY: the checksum's place outlives the call, which writes one word there.
        let elapsed_ns = unsafe { floor(shape, placement, count, &raw mut checksum) };
        Ok(Floor { elapsed_ns, checksum })
    }
}

fn not_loadable(path: &Path, error: &libloading::Error) -> FixturesError {
    // The error itself says only which call of the loader failed.
    let message = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    FixturesError::NotLoadable { path: path.to_owned(), message }
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
        compare_lowering(function, corpus, manifest, &mut differences);
    }
    compare_types(&corpus.declarations, manifest, &mut differences);
    differences.extend(missing(corpus, manifest));
    if differences.is_empty() { Ok(()) } else { Err(FixturesError::Disagreement(differences)) }
}

/// Fixtures of a message that are named; the rest is counted.
const NAMED: usize = 5;

/// What the corpus declares and the library has not, and what to do: the fixtures' sources are those that
/// this program was built from, and the corpus is read when it runs.
fn missing(corpus: &Corpus, manifest: &Manifest) -> Option<String> {
    let functions = corpus.functions.values();
    let missing: Vec<_> =
        functions.filter(|function| manifest.function(&function.symbol).is_none()).collect();
    let named = missing.iter().take(NAMED);
    let named: Vec<_> =
        named.map(|function| format!("{}: `{}`", function.at, function.symbol)).collect();
    let more = missing.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    (!missing.is_empty()).then(|| {
        format!(
            "{} fixtures that the corpus declares are not among those of this program, which is of suite \
             {} with Zig sources of its own; the corpus (hash {}) is newer: build the program again (cargo \
             build --release), or else write the fixtures (zig-lib/README.md):\n{}{more}",
            missing.len(),
            env!("CARGO_PKG_VERSION"),
            corpus.hash,
            named.join("\n"),
        )
    })
}

/// Compares the functions that a library has with what the corpus declares, and asks for no others. What
/// C they lower to the C twin cannot say; its symbols are fixtures that [`compare`] has seen.
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
    // Those that are missing are told together.
    let Some(native) = manifest.function(symbol) else { return };
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
    let binding = |argument: usize| match function.signature.arguments.get(argument) {
        Some(argument) => &argument.binding,
        None => &function.signature.lengths[lowering::length(argument)].binding,
    };
    for ((argument, declared), form) in declared.iter().zip(&native.params) {
        if read(form).as_ref() != Ok(declared) {
            say(&format!("type of `{}`", binding(*argument)), &declared.to_string(), form);
        }
    }
    if read(&native.returns) != Ok(unnamed(function.signature.declared_return())) {
        say("return", &function.signature.return_form, &native.returns);
    }
    let index = |index: Option<usize>| index.map_or("none".into(), |index| index.to_string());
    let named = |fixed| declared.iter().filter(|(argument, _)| *argument < fixed).count();
    let fixed = function.signature.fixed.map(named);
    if fixed != native.fixed {
        say("parameters before `...`", &index(fixed), &index(native.fixed));
    }
    // A destructured argument is several parameters, so that those behind it count on.
    let consumes = function
        .consumes
        .and_then(|consumed| declared.iter().position(|(argument, _)| *argument == consumed));
    if consumes != native.consumes {
        say("consumed argument", &index(consumes), &index(native.consumes));
    }
}

/// Compares the C function the contract lowers a signature to with the one Zig made of the fixture, and
/// the symbols that its return obliges.
fn compare_lowering(
    function: &Function,
    corpus: &Corpus,
    manifest: &Manifest,
    differences: &mut Vec<String>,
) {
    let (symbol, at) = (&function.symbol, &function.at);
    // Without a fixture there is nothing to compare.
    let Some(native) = manifest.function(symbol) else { return };
    let Some(zig) = &native.lowering else {
        differences.push(format!("{at}: the library does not say what `{symbol}` lowers to"));
        return;
    };
    let lowered_to = Lowering::of(&function.signature, &corpus.declarations);
    let mut say = |what: &str, contract: &str, zig: &str| {
        differences
            .push(format!("{at}: {what} of `{symbol}`: the contract says {contract}, Zig {zig}"));
    };
    let parameters: Vec<usize> =
        lowered(&function.signature).into_iter().map(|(argument, _)| argument).collect();
    for (what, contract, zig) in lowering::differences(&lowered_to, &parameters, zig) {
        say(&what, &contract, &zig);
    }
    let released = lowered_to.release.is_some();
    let streams = matches!(lowered_to.release, Some(Release::Stream(_)));
    for (kind, obliged, native) in
        [("free", released, &native.free), ("next", streams, &native.next)]
    {
        let obliged = obliged.then(|| format!("{symbol}__{kind}"));
        if obliged != *native {
            let name = |symbol: &Option<String>| symbol.clone().unwrap_or_else(|| "none".into());
            say(&format!("{kind} symbol"), &name(&obliged), &name(native));
        }
    }
}

/// The parameters a signature has in the fixture's own terms, each with its argument's index: a rest
/// argument is a const slice (S-3), a destructured one a scalar a binding (S-2), and what the host does not give one
/// more (Z-3).
fn lowered(signature: &Signature) -> Vec<(usize, Type)> {
    let mut parameters = Vec::new();
    for pair in signature.pairs() {
        let (index, argument) = match pair {
            Pair::Argument(index, argument) => (index, argument),
            Pair::Length(length, of) => {
                parameters.push((lowering::length(length), Type::Scalar(of.scalar)));
                continue;
            }
        };
        match &argument.kind {
            ArgumentKind::Plain(of) => parameters.push((index, unnamed(of))),
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

/// A type as a fixture can say it: its parameters have no names, and what counts is there called `n` (Z-3).
fn unnamed(of: &Type) -> Type {
    match of {
        Type::Counted { constant, of, .. } => {
            Type::Counted { length: "n".to_owned(), constant: *constant, of: of.clone() }
        }
        of => of.clone(),
    }
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
            NamedKind::Struct { record, arrangement, fields } => {
                let arranged = |name: Option<&str>| name.unwrap_or("in order").to_owned();
                let Some(layout) = declarations.struct_layout(name) else { continue };
                let fields: Vec<_> = fields
                    .iter()
                    .zip(&layout.offsets)
                    .map(|(field, offset)| format!("{} {} at {offset}", field.name, field.of))
                    .collect();
                let declared = format!(
                    "record {record}, {}, size {}, alignment {}, [{}]",
                    arranged(arrangement.name()),
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
                            "record {}, {}, size {}, alignment {}, [{}]",
                            found.record,
                            arranged(found.layout.as_deref()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Location;

    const SIGNATURE: &str = "[b [:handle Box] {a :x c :y} {:x :u8 :y :f64} & more :i8 \
                             :ret [:owned [:slice :u8]]]";

    const MANIFEST: &str = r#"{"kind":"library","manifest":2,"zig":"0.16.0","build":"checked","evidence":true}
{"kind":"function","id":0,"symbol":"f","params":["[:handle Box]",":u8",":f64","[:slice :const :i8]"],"returns":"[:owned [:slice :u8]]","consumes":null,"errors":[],"free":"f__free","next":null,"lowering":{"path":"general","wire":["0 *Box","1 u8","2 f64","3 *const i8","3.len usize","ptr *usize","len *usize"],"register":"void","release":"buffer"}}"#;

    fn corpus() -> Corpus {
        let declarations = Declarations::new();
        let function = Function {
            name: "f".to_owned(),
            symbol: "f".to_owned(),
            text: SIGNATURE.to_owned(),
            signature: Signature::read(SIGNATURE, &declarations).expect("a valid signature"),
            consumes: None,
            shared: false,
            at: Location { file: PathBuf::from("s.yaml"), line: 6, column: 3 },
        };
        Corpus {
            suites: Vec::new(),
            functions: [("f".to_owned(), function.into())].into(),
            declarations,
            declarations_text: String::new(),
            held: Vec::new(),
            hash: String::new(),
            left_out: 0,
        }
    }

    /// What differs when Zig has other words for the function than the contract.
    fn differences(words: &str, other: &str) -> Vec<String> {
        assert!(MANIFEST.contains(words), "{words}");
        let manifest = Manifest::parse(&MANIFEST.replace(words, other)).expect("a manifest");
        match compare(&corpus(), &manifest) {
            Ok(()) => Vec::new(),
            Err(FixturesError::Disagreement(differences)) => differences,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_lowering_that_zig_does_not_share_is_a_disagreement() {
        assert_eq!(differences("general", "general"), [""; 0]);
        let says = |what, contract, zig| {
            format!("s.yaml:6:3: {what} of `f`: the contract says {contract}, Zig {zig}")
        };
        for (words, other, what, contract, zig) in [
            ("general", "enum-and-handle", "path", "general", "enum-and-handle"),
            ("0 *Box", "0 ?*Box", "wire parameter 0", "0 *Box", "0 ?*Box"),
            ("1 u8", "1 i8", "wire parameter 1", "1 u8", "1 i8"),
            ("2 f64", "1 f64", "wire parameter 2", "2 f64", "1 f64"),
            ("*const i8", "*i8", "wire parameter 3", "3 *const i8", "3 *i8"),
            (",\"len *usize\"", "", "wire parameter 6", "len *usize", "none"),
            ("len *usize", "len *usize\",\"ret *u8", "wire parameter 7", "none", "ret *u8"),
            ("void", "i64", "register", "void", "i64"),
            ("\"buffer\"", "null", "release", "buffer", "none"),
            ("\"buffer\"", "\"struct S\"", "release", "buffer", "struct S"),
            ("\"f__free\"", "null", "free symbol", "f__free", "none"),
            ("\"next\":null", "\"next\":\"f__next\"", "next symbol", "none", "f__next"),
        ] {
            assert_eq!(differences(words, other), [says(what, contract, zig)], "{other}");
        }
        let swapped = differences("ptr *usize\",\"len *usize", "len *usize\",\"ptr *usize");
        assert_eq!(swapped.len(), 2);
    }

    #[test]
    fn a_function_that_is_variadic_for_one_alone_is_a_disagreement() {
        let found = differences("\"returns\"", "\"fixed\":2,\"returns\"");
        let says =
            "s.yaml:6:3: parameters before `...` of `f`: the corpus says none, the library 2";
        assert_eq!(found, [says]);
    }

    #[test]
    fn a_corpus_newer_than_the_program_says_to_build_again() {
        let found = differences("\"symbol\":\"f\"", "\"symbol\":\"g\"");
        assert_eq!(found.len(), 1, "{found:?}");
        for part in ["1 fixtures", "suite 0.", "build the program again", "s.yaml:6:3: `f`"] {
            assert!(found[0].contains(part), "{part}: {found:?}");
        }
    }

    #[test]
    fn a_library_that_says_no_lowering_is_not_vouched_for() {
        let lowering = MANIFEST.split_once("\"lowering\":").expect("a lowering").1;
        let lowering = &lowering[..lowering.len() - 1];
        let found = differences(lowering, "null");
        assert_eq!(found, ["s.yaml:6:3: the library does not say what `f` lowers to"]);
    }
}
