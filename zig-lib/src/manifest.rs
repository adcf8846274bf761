//! The library's own description of what it exports (docs/evidence.md): one JSON object a line.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, de};

/// A whole manifest, in the library's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What was built, and how.
    pub library: Library,
    /// The enums.
    pub enums: Vec<Enum>,
    /// The structs and records.
    pub structs: Vec<Struct>,
    /// The iterator types.
    pub iterators: Vec<Iterator>,
    /// The fixtures; a function's place is its id.
    pub functions: Vec<Function>,
    /// The bench shapes; a shape's place is its id.
    pub shapes: Vec<Shape>,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// The version of the interface, 2.
    pub manifest: u32,
    /// The Zig that built it.
    pub zig: String,
    /// The profile's name.
    pub build: String,
    /// Whether it keeps an evidence page at all.
    pub evidence: bool,
}

/// An enum (T-8).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enum {
    /// The contract's name.
    pub name: String,
    /// The backing integer, in EDN.
    pub backing: String,
    /// The members, in order.
    pub members: Vec<Member>,
}

/// A member of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its keyword without the colon.
    pub name: String,
    /// Its value: any `i64` or `u64`.
    pub value: i128,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, text) = <(String, String)>::deserialize(deserializer)?;
        let value = text.parse().map_err(|_| {
            de::Error::custom(format_args!("member {name} has the value {text:?}, no integer"))
        })?;
        Ok(Self { name, value })
    }
}

/// A struct or record (T-8) with its C layout, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Struct {
    /// The contract's name.
    pub name: String,
    /// Whether its host value carries its type name.
    pub record: bool,
    /// How its fields lie, where not in order (G-4 to G-6): `union`, `packed` or `complex`.
    #[serde(default)]
    pub layout: Option<String>,
    /// `sizeof(Wire(S))`
    pub size: u64,
    /// `alignof(Wire(S))`
    pub align: u64,
    /// The fields, in order.
    pub fields: Vec<Field>,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type, in EDN.
    #[serde(rename = "type")]
    pub form: String,
    /// Its offset in `Wire(S)`, in bytes.
    pub offset: u64,
}

/// An iterator type (T-8).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Iterator {
    /// The contract's name.
    pub name: String,
}

/// A fixture.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Its number in the evidence page.
    pub id: u32,
    /// The exported symbol.
    pub symbol: String,
    /// The parameter types, in EDN.
    pub params: Vec<String>,
    /// Of a variadic function, how many of them its prototype names (W-1).
    #[serde(default)]
    pub fixed: Option<usize>,
    /// The return type, in EDN.
    pub returns: String,
    /// The index of the argument it consumes (C-14).
    pub consumes: Option<usize>,
    /// The names its error set can hold, sorted.
    pub errors: Vec<String>,
    /// The symbol that frees what it returns.
    pub free: Option<String>,
    /// The symbol that pulls the next item of what it returns.
    pub next: Option<String>,
    /// The C function it was exported as, worked out by the library's own language; none from the C
    /// twin, because C cannot look at its own types.
    pub lowering: Option<Lowering>,
}

/// The C function of a fixture in the words of docs/evidence.md, which are made to be compared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lowering {
    /// The shortest path that serves it (P-1 to P-3).
    pub path: Path,
    /// The wire parameters in order: what each is for, and its type.
    pub wire: Vec<String>,
    /// The type of what comes back in the register, `void` for nothing.
    pub register: String,
    /// What the free symbol releases.
    pub release: Option<String>,
}

/// An invoker path (P-1 to P-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the contract's")]
pub enum Path {
    Scalar,
    EnumAndHandle,
    General,
}

/// A shape that `bc_bench_floor` can measure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Its number for `bc_bench_floor`.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// The symbol it calls.
    pub symbol: String,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    Library(Library),
    Enum(Enum),
    Struct(Struct),
    Iterator(Iterator),
    Function(Function),
    Shape(Shape),
}

/// What is wrong with a manifest, and on which line, counted from 1.
#[derive(Debug, thiserror::Error)]
#[error("manifest, line {line}: {problem}")]
pub struct ManifestError {
    /// The line.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a line of a manifest.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It is no JSON object of a known kind with that kind's fields.
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    /// The first line does not describe the library, or another does.
    #[error("the library's line must be the first, and only the first")]
    Library,
    /// The interface is of another version.
    #[error("version {0} of the manifest, expected 2")]
    Version(u32),
    /// An id is not the place of its line among those of its kind.
    #[error("id {found}, expected {expected}")]
    Id {
        /// The line's id.
        found: u32,
        /// Its place.
        expected: usize,
    },
    /// A type, a symbol or a shape stands there twice.
    #[error("{0} stands there twice")]
    Twice(String),
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// The first line that is wrong.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut lines = text.lines();
        let mut reading = lines
            .next()
            .ok_or(Problem::Library)
            .and_then(Reading::begin)
            .map_err(|problem| ManifestError { line: 1, problem })?;
        for (text, line) in lines.zip(2..) {
            reading.line(text).map_err(|problem| ManifestError { line, problem })?;
        }
        Ok(reading.manifest)
    }

    /// The fixture exported as `symbol`.
    #[must_use]
    pub fn function(&self, symbol: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.symbol == symbol)
    }
}

struct Reading {
    manifest: Manifest,
    types: HashSet<String>,
    symbols: HashSet<String>,
    shape_names: HashSet<String>,
}

impl Reading {
    fn begin(text: &str) -> Result<Self, Problem> {
        match serde_json::from_str(text)? {
            Line::Library(library) if library.manifest == 2 => Ok(Self {
                manifest: Manifest {
                    library,
                    enums: Vec::new(),
                    structs: Vec::new(),
                    iterators: Vec::new(),
                    functions: Vec::new(),
                    shapes: Vec::new(),
                },
                types: HashSet::new(),
                symbols: HashSet::new(),
                shape_names: HashSet::new(),
            }),
            Line::Library(library) => Err(Problem::Version(library.manifest)),
            _ => Err(Problem::Library),
        }
    }

    fn line(&mut self, text: &str) -> Result<(), Problem> {
        let manifest = &mut self.manifest;
        match serde_json::from_str(text)? {
            Line::Library(_) => return Err(Problem::Library),
            Line::Enum(each) => {
                once(&mut self.types, &each.name)?;
                manifest.enums.push(each);
            }
            Line::Struct(each) => {
                once(&mut self.types, &each.name)?;
                manifest.structs.push(each);
            }
            Line::Iterator(each) => {
                once(&mut self.types, &each.name)?;
                manifest.iterators.push(each);
            }
            Line::Function(each) => {
                placed(each.id, manifest.functions.len())?;
                once(&mut self.symbols, &each.symbol)?;
                manifest.functions.push(each);
            }
            Line::Shape(each) => {
                placed(each.id, manifest.shapes.len())?;
                once(&mut self.shape_names, &each.name)?;
                manifest.shapes.push(each);
            }
        }
        Ok(())
    }
}

fn once(seen: &mut HashSet<String>, name: &str) -> Result<(), Problem> {
    if seen.insert(name.to_owned()) { Ok(()) } else { Err(Problem::Twice(name.to_owned())) }
}

fn placed(found: u32, expected: usize) -> Result<(), Problem> {
    if usize::try_from(found) == Ok(expected) {
        Ok(())
    } else {
        Err(Problem::Id { found, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str =
        r#"{"kind":"library","manifest":2,"zig":"0.16.0","build":"checked","evidence":true}"#;

    fn fails(lines: &[&str]) -> String {
        let text = lines.join("\n");
        Manifest::parse(&text).expect_err("this manifest is wrong").to_string()
    }

    #[test]
    fn every_kind_is_read() {
        let text = [
            LIBRARY,
            r#"{"kind":"enum","name":"Mask","backing":":u64","members":[["top","18446744073709551615"],["low","-1"]]}"#,
            r#"{"kind":"struct","name":"Point","record":false,"size":16,"align":8,"fields":[{"name":"x","type":":f64","offset":0}]}"#,
            r#"{"kind":"iterator","name":"Counter"}"#,
            r#"{"kind":"function","id":0,"symbol":"free_box","params":["[:handle Box]"],"returns":":void","consumes":0,"errors":["A"],"free":null,"next":"n","lowering":{"path":"enum-and-handle","wire":["0 *Box"],"register":"void","release":null}}"#,
            r#"{"kind":"shape","id":0,"name":"scalar-i64","symbol":"echo_i64"}"#,
        ]
        .join("\n");
        let manifest = Manifest::parse(&text).expect("this manifest is right");
        let values: Vec<_> = manifest.enums[0].members.iter().map(|member| member.value).collect();
        assert_eq!(values, [i128::from(u64::MAX), -1]);
        assert_eq!(manifest.structs[0].fields[0].form, ":f64");
        assert_eq!(manifest.iterators[0].name, "Counter");
        assert_eq!(manifest.function("free_box").and_then(|f| f.consumes), Some(0));
        let lowering = manifest.functions[0].lowering.as_ref().expect("a lowering");
        assert_eq!(lowering.path, Path::EnumAndHandle);
        assert_eq!(lowering.wire, ["0 *Box"]);
        assert_eq!(manifest.shapes[0].symbol, "echo_i64");
    }

    #[test]
    fn an_error_names_its_line() {
        let shape = r#"{"kind":"shape","id":1,"name":"s","symbol":"f"}"#;
        assert_eq!(fails(&[LIBRARY, shape]), "manifest, line 2: id 1, expected 0");
        let iterator = r#"{"kind":"iterator","name":"I"}"#;
        let twice = fails(&[LIBRARY, iterator, iterator]);
        assert_eq!(twice, "manifest, line 3: I stands there twice");
    }

    #[test]
    fn unknown_kinds_and_fields_are_errors() {
        let kind = fails(&[LIBRARY, r#"{"kind":"macro","name":"M"}"#]);
        assert!(kind.starts_with("manifest, line 2: unknown variant `macro`"), "{kind}");
        let field = fails(&[LIBRARY, r#"{"kind":"iterator","name":"I","of":":i64"}"#]);
        assert!(field.starts_with("manifest, line 2: unknown field `of`"), "{field}");
    }

    #[test]
    fn the_library_comes_first_and_once() {
        let iterator = r#"{"kind":"iterator","name":"I"}"#;
        for wrong in [vec![iterator], vec![LIBRARY, LIBRARY], vec![]] {
            assert!(fails(&wrong).contains("the library's line"));
        }
        let later = LIBRARY.replace(":2,", ":1,");
        assert_eq!(fails(&[&later]), "manifest, line 1: version 1 of the manifest, expected 2");
    }
}
