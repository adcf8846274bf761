//! The fixture library is built with the pinned Zig, once, and carries a manifest that can be read.
//! Nothing is loaded here: calling fixtures is for the harness.

use std::fs;

use zig_lib::library::{self, Profile};
use zig_lib::manifest::Manifest;
use zig_lib::toolchain::ToolchainError;

/// The manifest, found in the file: it is one static run of text, ended by a byte that is not.
fn manifest_in(library: &[u8]) -> String {
    let start = b"{\"kind\":\"library\"";
    let from = library
        .windows(start.len())
        .position(|window| window == start)
        .expect("the library holds its manifest");
    let text: Vec<u8> = library[from..]
        .iter()
        .copied()
        .take_while(|byte| (0x20..0x7f).contains(byte) || *byte == b'\n')
        .collect();
    let text = String::from_utf8(text).expect("printable ASCII is UTF-8");
    // What follows the last newline is other data of the library.
    text[..=text.rfind('\n').expect("the manifest is lines")].to_owned()
}

#[test]
fn the_checked_library_describes_itself() {
    let artifact = library::build(Profile::Checked).expect("the checked library builds");
    let bytes = fs::read(&artifact.path).expect("the artifact is a file");
    let manifest = Manifest::parse(&manifest_in(&bytes)).expect("the manifest can be read");
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
    assert_eq!(status.members[1].name, "not-found");

    for function in &manifest.functions {
        for symbol in [Some(&function.symbol), function.free.as_ref(), function.next.as_ref()] {
            let Some(symbol) = symbol else { continue };
            let name = format!("\0{symbol}\0");
            let there = bytes.windows(name.len()).any(|window| window == name.as_bytes());
            assert!(there, "{symbol} is not in the library's string table");
        }
    }
}

#[test]
fn a_warm_artifact_needs_no_toolchain() {
    let built = library::build(Profile::Bench).expect("the bench library builds");
    let warm = library::build_with(Profile::Bench, || -> Result<_, ToolchainError> {
        panic!("a warm artifact asked for a toolchain")
    })
    .expect("the bench library is in the cache");
    assert_eq!(warm.path, built.path);
    assert_eq!(warm.built_by, None);
}

#[test]
fn builds_side_by_side_keep_their_order_and_agree_on_functions() {
    let profiles = [Profile::Counted, Profile::Guard, Profile::Bench];
    let artifacts = library::build_all(&profiles).expect("the libraries build");
    let manifests: Vec<_> = artifacts
        .iter()
        .map(|artifact| fs::read(&artifact.path).expect("the artifact is a file"))
        .map(|bytes| Manifest::parse(&manifest_in(&bytes)).expect("the manifest can be read"))
        .collect();
    let builds: Vec<_> = manifests.iter().map(|each| each.library.build.as_str()).collect();
    assert_eq!(builds, ["counted", "guard", "bench"]);
    assert_eq!(manifests[0].functions, manifests[2].functions);
    assert_eq!(manifests[1].functions, manifests[2].functions);
    assert!(!manifests[2].library.evidence);
}
