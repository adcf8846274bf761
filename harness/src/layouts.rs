//! Layouts of structs nobody wrote by hand: a few hundred declarations drawn from a seed, laid out by the
//! contract and, in one file, by Zig. Size, alignment and every offset must be equal (L-9, L-17 to L-19).

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use contract::{Declarations, Refusal, Scalar};
use corpus::seed::Draw;
use interrupt::tool;
use zig_lib::cache::{self, CacheError};
use zig_lib::toolchain::{self, ToolchainError};

/// Structs of one check.
pub const COUNT: usize = 300;

/// For Zig to build the structs, and for what it built to say how they are laid out.
const LIMIT: Duration = Duration::from_secs(600);

/// Layouts that could not be compared: the suite's error, or the machine's.
#[derive(Debug, thiserror::Error)]
pub enum LayoutsError {
    /// There is no Zig.
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    /// The cache directory is unusable.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A generated declaration was refused.
    #[error("a declaration drawn from seed {seed} was refused: {refusal}")]
    Refused {
        /// The seed.
        seed: u64,
        /// Why.
        refusal: Refusal,
    },
    /// Zig or its program could not be run.
    #[error("cannot run {}", program.display())]
    Start {
        /// What was started.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Zig or its program failed.
    #[error("{} failed on the structs of seed {seed}:\n{stderr}", program.display())]
    Failed {
        /// What failed.
        program: PathBuf,
        /// The seed.
        seed: u64,
        /// What it said.
        stderr: String,
    },
    /// The scratch folder could not be used.
    #[error("cannot write {}", path.display())]
    Scratch {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Structs whose layouts were compared.
#[derive(Debug, PartialEq, Eq)]
pub struct Compared {
    /// How many.
    pub structs: usize,
    /// Their fields.
    pub fields: usize,
    /// Those that differ, each with its declaration and both layouts.
    pub differences: Vec<String>,
}

/// A drawn struct, in both languages.
struct Drawn {
    edn: String,
    zig: String,
    fields: usize,
}

/// Compares `count` structs drawn from a seed. The folder is scratch.
///
/// # Errors
/// [`LayoutsError`].
pub fn compare(seed: u64, count: usize, folder: &Path) -> Result<Compared, LayoutsError> {
    let structs = draw(seed, count);
    let text: String = structs.iter().map(|drawn| drawn.edn.as_str()).collect();
    let declarations = Declarations::read(&format!("{}{text}", enums(edn_enum)))
        .map_err(|refusal| LayoutsError::Refused { seed, refusal })?;
    let expected: Vec<Vec<u64>> = (0..count).map(|n| layout(&declarations, n)).collect();
    let observed = observed(seed, &structs, folder)?;
    let mut rest = observed.as_slice();
    let mut differences = Vec::new();
    for (expected, drawn) in expected.iter().zip(&structs) {
        let (found, others) = rest.split_at_checked(expected.len()).unwrap_or((rest, &[]));
        rest = others;
        if found != expected {
            differences.push(format!(
                "{}\n  size, alignment, offsets\n  contract  {expected:?}\n  Zig       {found:?}",
                drawn.edn.trim()
            ));
        }
    }
    let fields = structs.iter().map(|drawn| drawn.fields).sum();
    Ok(Compared { structs: count, fields, differences })
}

/// Size, alignment and offsets by the contract.
fn layout(declarations: &Declarations, number: usize) -> Vec<u64> {
    let found = declarations.struct_layout(&format!("S{number}")).expect("a struct just declared");
    let whole = [found.layout.size, found.layout.alignment];
    whole.iter().chain(&found.offsets).map(|&bytes| bytes as u64).collect()
}

/// The same numbers by Zig, struct after struct.
fn observed(seed: u64, structs: &[Drawn], folder: &Path) -> Result<Vec<u64>, LayoutsError> {
    let zig = toolchain::find()?.path;
    let source = folder.join("layouts.zig");
    let scratch =
        |source_error| LayoutsError::Scratch { path: source.clone(), source: source_error };
    std::fs::write(&source, zig_program(structs)).map_err(scratch)?;
    let program = folder.join(format!("layouts{}", std::env::consts::EXE_SUFFIX));
    // The suite's own, where what every program links has been compiled once.
    let cache = cache::directory()?.join("zig-cache");
    let mut build = Command::new(&zig);
    build.args(["build-exe", "-lc", "-O", "Debug", "-fstrip"]).arg(&source);
    build.arg(format!("-femit-bin={}", program.display()));
    build.arg("--cache-dir").arg(&cache).arg("--global-cache-dir").arg(&cache);
    run(&zig, seed, &mut build)?;
    let output = run(&program, seed, &mut Command::new(&program))?;
    let words = output.stdout.chunks_exact(8);
    Ok(words.map(|word| u64::from_le_bytes(word.try_into().expect("eight bytes"))).collect())
}

fn run(program: &Path, seed: u64, command: &mut Command) -> Result<Output, LayoutsError> {
    let ran = tool::run(command, LIMIT).map_err(io::Error::from);
    let output =
        ran.map_err(|source| LayoutsError::Start { program: program.to_owned(), source })?;
    if output.status.success() {
        return Ok(output);
    }
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(LayoutsError::Failed { program: program.to_owned(), seed, stderr })
}

/// One table of words, written out as it is, so that nothing has to be formatted when it is compiled.
fn zig_program(structs: &[Drawn]) -> String {
    let mut text = String::from(
        "const std = @import(\"std\");\nconst Buffer = extern struct { address: usize, length: usize \
         };\n",
    );
    text.push_str(&enums(zig_enum));
    structs.iter().for_each(|drawn| text.push_str(&drawn.zig));
    text.push_str("const table = [_]u64{\n");
    for (number, drawn) in structs.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, "    @sizeOf(S{number}), @alignOf(S{number}),");
        for field in 0..drawn.fields {
            let _ = write!(text, " @offsetOf(S{number}, \"f{field}\"),");
        }
        text.push('\n');
    }
    text.push_str(
        "};\n\npub fn main() void {\n    const bytes = std.mem.asBytes(&table);\n    var done: usize = \
         0;\n    while (done < bytes.len) {\n        const written = std.c.write(1, bytes.ptr + done, \
         bytes.len - done);\n        if (written <= 0) std.c.exit(1);\n        done += \
         @intCast(written);\n    }\n}\n",
    );
    text
}

/// What an enum may be backed by.
fn backings() -> impl Iterator<Item = Scalar> {
    Scalar::ALL.into_iter().filter(|of| of.is_integer() && of.is_carrier())
}

fn enums(one: fn(Scalar) -> String) -> String {
    backings().map(one).collect()
}

fn edn_enum(backing: Scalar) -> String {
    format!("(defenumz E{} {{:backing {backing}}} [a 0 b 1])\n", backing.name())
}

fn zig_enum(backing: Scalar) -> String {
    let name = backing.name();
    format!("const E{name} = enum({name}) {{ a = 0, b = 1, _ }};\n")
}

/// Forms that are a buffer in memory (L-17).
const BUFFERS: [&str; 6] = [
    ":string",
    "[:bytes [:slice :u8]]",
    "[:slice :f64]",
    "[:slice :const Eu8]",
    "[:owned [:slice :i16]]",
    "[:borrowed [:slice :const :u8]]",
];

fn draw(seed: u64, count: usize) -> Vec<Drawn> {
    let mut draw = Draw::from(seed);
    let mut structs = Vec::with_capacity(count);
    for number in 0..count {
        let fields = 1 + draw.below(8);
        let record = if draw.below(4) == 0 { "defrecordz" } else { "deftypez" };
        let mut edn = format!("({record} S{number} [");
        let mut zig = format!("const S{number} = extern struct {{ ");
        for field in 0..fields {
            let (form, kind) = draw_field(&mut draw, number);
            let _ = write!(edn, "f{field} {form} ");
            let _ = write!(zig, "f{field}: {kind}, ");
        }
        edn.push_str("])\n");
        zig.push_str("};\n");
        structs.push(Drawn { edn, zig, fields });
    }
    structs
}

/// A field of the `number`-th struct, which may hold any before it: its form, and its Zig type.
fn draw_field(draw: &mut Draw, number: usize) -> (String, String) {
    match draw.below(10) {
        0 => (BUFFERS[draw.below(BUFFERS.len())].to_owned(), "Buffer".to_owned()),
        1 | 2 => {
            let length = draw.below(5);
            let (form, kind) = draw_element(draw, number);
            (format!("[:array {length} {form}]"), format!("[{length}]{kind}"))
        }
        _ => draw_element(draw, number),
    }
}

/// What lies in a struct of itself, and in its arrays: a scalar, an enum or an earlier struct.
fn draw_element(draw: &mut Draw, number: usize) -> (String, String) {
    match draw.below(8) {
        0 => {
            let all: Vec<Scalar> = backings().collect();
            let name = format!("E{}", all[draw.below(all.len())].name());
            (name.clone(), name)
        }
        1 if number > 0 => {
            // Of the last few, so that structs nest without growing past all memory.
            let name = format!("S{}", number - 1 - draw.below(number.min(4)));
            (name.clone(), name)
        }
        _ => {
            let scalar = Scalar::ALL[draw.below(Scalar::ALL.len())];
            (scalar.to_string(), scalar.name().to_owned())
        }
    }
}
