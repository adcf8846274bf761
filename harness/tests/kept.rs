//! The inputs that once broke a reader of foreign text (`fuzz/kept/`), put to what the fuzz targets do.

use std::fs;
use std::path::Path;

#[expect(unreachable_pub, reason = "it is the fuzz targets' crate, included")]
#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

#[test]
fn what_once_broke_a_reader_does_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let mut tried = 0;
    for folder in fs::read_dir(root.join("kept")).expect("it is there") {
        let folder = folder.expect("it can be listed").path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (_, target) = fuzz::TARGETS.iter().find(|(known, _)| *known == name).expect(&name);
        for file in fs::read_dir(&folder).expect("it is a folder") {
            let file = file.expect("it can be listed").path();
            println!("{}", file.display());
            target(&fs::read(&file).expect("it can be read"));
            tried += 1;
        }
    }
    assert!(tried > 0, "nothing was tried");
}

#[test]
fn each_target_has_its_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("it can be read");
    let files = fs::read_dir(root.join("targets")).expect("it is there");
    assert_eq!(files.count(), fuzz::TARGETS.len());
    for (name, _) in fuzz::TARGETS {
        assert!(root.join(format!("targets/{name}.rs")).is_file(), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
