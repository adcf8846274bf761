//! The fixture library is built with the pinned Zig, once, and carries a manifest that can be read.
//! Nothing is loaded here: calling fixtures is for the harness.

use std::collections::HashSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use zig_lib::library::{self, Artifact, Profile, Target};
use zig_lib::manifest::Manifest;

/// A library's bytes, and its manifest as found in them: one static run of lines that are JSON objects.
fn read(artifact: &Artifact) -> (Vec<u8>, Manifest) {
    let library = fs::read(&artifact.path).expect("the artifact is a file");
    let start = b"{\"kind\":\"library\"";
    let from = library
        .windows(start.len())
        .position(|window| window == start)
        .expect("the library holds its manifest");
    let text: String = library[from..]
        .split_inclusive(|byte| *byte == b'\n')
        .map_while(|line| str::from_utf8(line).ok())
        .take_while(|line| line.starts_with("{\"kind\":") && line.ends_with("}\n"))
        .collect();
    let manifest = Manifest::parse(&text).expect("the manifest can be read");
    (library, manifest)
}

#[test]
fn the_checked_library_describes_itself() {
    let artifact = library::build(Profile::Checked).expect("the checked library builds");
    let (bytes, manifest) = read(&artifact);
    assert_eq!(manifest.library.build, "checked");
    assert_eq!(manifest.library.zig, zig_lib::ZIG_VERSION);
    assert!(manifest.library.evidence);

    let free_box = manifest.function("free_box").expect("free_box is a fixture");
    assert_eq!(free_box.params, ["[:handle Box]"]);
    assert_eq!(free_box.consumes, Some(0));
    let owned = manifest.function("owned_i64s").expect("owned_i64s is a fixture");
    assert_eq!(owned.returns, "[:owned [:slice :i64]]");
    assert_eq!(owned.free.as_deref(), Some("owned_i64s__free"));
    let status = manifest.enums.iter().find(|each| each.name == "Status").expect("Status is there");
    assert_eq!(status.backing, ":i32");
    assert_eq!(status.members[1].name, "missing");
    let finding = manifest.enums.iter().find(|each| each.name == "Finding");
    assert_eq!(finding.expect("Finding is there").members[1].name, "not-found");

    for function in &manifest.functions {
        for symbol in [Some(&function.symbol), function.free.as_ref(), function.next.as_ref()] {
            let Some(symbol) = symbol else { continue };
            let name = format!("\0{symbol}\0");
            let there = bytes.windows(name.len()).any(|window| window == name.as_bytes());
            assert!(there, "{symbol} is not in the library's string table");
        }
    }
}

const CARRIERS: &str = ":i8 :i16 :i32 :i64 :isize :u8 :u16 :u32 :u64 :usize :f16 :f32 :f64 :bool";
const WIDES: &str = ":i128 :u128 :f80 :f128";

/// Contract L, position by position. `S`, `E` and `R` stand for every scalar, enum and struct, `C` for
/// every carrier scalar.
const TAKEN: &str = "
    S | [:ptr S] | [:ptr :const S] | [:manyptr S] | [:manyptr :const S] | [:array 4 S]
    [:slice S] | [:slice :const S] | [:optional C] | [:optional [:ptr :const S]]
    [:optional [:ptr :i64]] | [:optional [:manyptr :f64]] | [:optional [:manyptr :const :i64]]
    E | [:slice :const E] | [:array 3 Color]
    R | [:slice :const Point] | [:slice :const Person] | [:array 3 Point] | [:array 2 Person]
    [:optional Point] | [:optional Vec3] | [:array 0 :i64] | :string | [:handle Box]";
const RETURNED: &str = "
    :void | S | [:owned [:slice S]] | [:borrowed [:slice :const S]] | [:error-union Refusal S]
    [:optional C] | [:optional [:ptr S]] | [:optional [:ptr :const :i64]]
    E | [:owned [:slice E]] | [:borrowed [:slice :const E]] | [:error-union Refusal E]
    Point | Vec3 | [:owned R] | [:borrowed Point] | [:borrowed Person] | [:optional Point]
    [:optional Person] | [:owned [:slice Point]] | [:owned [:slice Person]]
    [:borrowed [:slice :const Point]] | [:error-union Refusal Point]
    [:error-union BuildError Person] | [:error-union Refusal :void] | [:error-union anyerror :i64]
    :string | [:bytes [:slice :u8]] | [:handle Box] | [:stream C of *]";
const HELD: &str = "
    C | :i128 | :u128 | :f80 | :f128 | Color | Level | Mask | Segment | Person
    [:array 4 :i32] | [:array 2 Point] | [:array 3 Color] | [:array 2 Person]
    :string | [:bytes [:slice :u8]] | [:slice :i64] | [:slice :const :f64] | [:slice :const Color]
    [:slice :const Person] | [:owned [:slice :i16]] | [:owned [:slice Point]]
    [:owned [:slice Person]] | [:borrowed [:slice :const :u8]] | [:borrowed [:slice :const Point]]";

/// The forms of a pattern: one for every type its letter stands for. A `*` at the end is any name.
fn meant(patterns: &str, manifest: &Manifest) -> Vec<String> {
    let scalars = format!("{CARRIERS} {WIDES}");
    let takes = |form: &str| {
        manifest.functions.iter().any(|one| one.params.iter().any(|each| each == form))
    };
    // Those that are there to cross as themselves (G-1) cross no other way.
    let by_value = |name: &str| takes(&format!("[:by-value {name}]")) && !takes(name);
    let structs =
        manifest.structs.iter().map(|each| each.name.as_str()).filter(|name| !by_value(name));
    let letters: [(&str, Vec<&str>); 4] = [
        ("S", scalars.split(' ').collect()),
        ("C", CARRIERS.split(' ').collect()),
        ("E", manifest.enums.iter().map(|each| each.name.as_str()).collect()),
        ("R", structs.collect()),
    ];
    let forms = patterns.split(['|', '\n']).map(str::trim).filter(|form| !form.is_empty());
    forms
        .flat_map(|form| {
            let stands = |letter: &str| form.split([' ', '[', ']']).any(|word| word == letter);
            match letters.iter().find(|(letter, _)| stands(letter)) {
                None => vec![form.to_owned()],
                // No other capital of a form with a letter is that letter.
                Some((letter, names)) => {
                    names.iter().map(|name| form.replace(letter, name)).collect()
                }
            }
        })
        .collect()
}

/// A suite can only prove what some fixture takes or returns.
#[test]
fn every_form_of_the_contract_stands_in_every_position() {
    let artifact = library::build(Profile::Checked).expect("the checked library builds");
    let (_, manifest) = read(&artifact);
    let functions = || manifest.functions.iter();
    let taken = functions().flat_map(|function| function.params.clone()).collect();
    let returned = functions().map(|function| function.returns.clone()).collect();
    let fields = manifest.structs.iter().flat_map(|each| &each.fields);
    let held = fields.map(|field| field.form.clone()).collect();

    let positions: [(&str, &str, HashSet<String>); 3] =
        [("taken", TAKEN, taken), ("returned", RETURNED, returned), ("held", HELD, held)];
    let missing: Vec<_> = positions
        .iter()
        .flat_map(|(position, patterns, forms)| {
            meant(patterns, &manifest).into_iter().filter_map(move |form| {
                let there = match form.split_once('*') {
                    Some((start, _)) => forms.iter().any(|each| each.starts_with(start)),
                    None => forms.contains(&form),
                };
                (!there).then(|| format!("{form} is never {position}"))
            })
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a_warm_artifact_needs_no_toolchain() {
    let built = library::build(Profile::Bench).expect("the bench library builds");
    let warm = library::build(Profile::Bench).expect("the bench library is in the cache");
    assert_eq!(warm.path, built.path);
    assert_eq!(warm.built_by, None);
}

#[test]
fn builds_side_by_side_keep_their_order_and_agree_on_functions() {
    let profiles = [Profile::Counted, Profile::Guard, Profile::Bench];
    let artifacts = library::build_all(Target::Host, &profiles).expect("the libraries build");
    let manifests: Vec<_> = artifacts.iter().map(|artifact| read(artifact).1).collect();
    let builds: Vec<_> = manifests.iter().map(|each| each.library.build.as_str()).collect();
    assert_eq!(builds, ["counted", "guard", "bench"]);
    assert_eq!(manifests[0].functions, manifests[2].functions);
    assert_eq!(manifests[1].functions, manifests[2].functions);
    assert!(!manifests[2].library.evidence);
}

/// Names the file that a tool writes its process id to, in the process that is to be killed.
const KILLED: &str = "ZIG_LIB_TEST_KILLED";

/// Not even a compiler is left by a suite that is killed with a signal nobody can handle.
#[cfg(target_os = "linux")]
#[test]
fn a_tool_ends_with_the_process_that_runs_it() {
    let minute = Duration::from_secs(60);
    if let Some(file) = std::env::var_os(KILLED) {
        let mut tool = Command::new("sh");
        let tool = tool.args(["-c", "echo $$ > \"$1\"; exec sleep 60", "sh"]).arg(file);
        interrupt::tool::run(tool, minute).expect("it is killed before that");
    }
    let file = std::env::temp_dir().join(format!("zig-lib-killed-{}", std::process::id()));
    let own = std::env::current_exe().expect("this test is a file");
    let mut suite = Command::new(own)
        .args(["--exact", "a_tool_ends_with_the_process_that_runs_it"])
        .env(KILLED, &file)
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let clock = Instant::now();
    let until = |what: &str, holds: &dyn Fn() -> bool| {
        while !holds() {
            assert!(clock.elapsed() < minute / 2, "{what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let pid = || fs::read_to_string(&file).ok()?.trim().parse::<u32>().ok();
    until("the tool starts", &|| pid().is_some());
    let tool = pid().expect("it was there");
    suite.kill().expect("it runs");
    suite.wait().expect("it was killed");
    let state = || fs::read_to_string(format!("/proc/{tool}/stat")).unwrap_or_default();
    until("the tool is gone", &|| state().is_empty() || state().contains(") Z "));
    fs::remove_file(file).expect("it is there");
}
