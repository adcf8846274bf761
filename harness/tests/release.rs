//! The archive of a binary release: whole, the same each time, and enough for judging and measuring where there
//! is nothing but a C library; and what is said where its folder is not as it was packed.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use harness::skeleton::Skeleton;
use tempfile::TempDir;
use zig_lib::library::{self, Profile};
use zig_lib::twin;

const CONFORM: &str = env!("CARGO_BIN_EXE_conform");

/// Mounts what a container has, closes the release to writing, and goes in: the root, the release's folder in
/// it, the program and its arguments. There is no network and no process but these.
const ENTER: &str = r#"
mount -t proc proc "$0/proc"
touch "$0/dev/null"
mount --bind /dev/null "$0/dev/null"
mount --bind "$0/$1" "$0/$1"
mount -o remount,bind,ro "$0/$1"
root=$0
shift
exec chroot "$root" "$@"
"#;
/// Where the release is in the root.
const AT: &str = "opt/release";

fn text(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[track_caller]
fn done(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", text(&output));
    text(&output)
}

/// The one archive in a folder that it is packed into.
fn packed() -> (TempDir, PathBuf) {
    let out = tempfile::tempdir().expect("a scratch folder");
    done(Command::new(CONFORM).args(["release", "--out"]).arg(out.path()));
    let mut files =
        fs::read_dir(out.path()).expect("it is there").map(|entry| entry.map(|entry| entry.path()));
    let archive = files.next().expect("an archive").expect("it can be read");
    assert!(files.next().is_none(), "nothing else is left");
    (out, archive)
}

static ARCHIVE: LazyLock<(TempDir, PathBuf)> = LazyLock::new(packed);

/// Unpacks the archive's folder as this one.
fn unpack(folder: &Path) {
    fs::create_dir_all(folder).expect("a scratch folder");
    let archive = &ARCHIVE.1;
    done(
        Command::new("tar")
            .arg("-xzf")
            .arg(archive)
            .arg("-C")
            .arg(folder)
            .arg("--strip-components=1"),
    );
}

#[test]
fn it_is_whole_and_the_same_each_time() {
    let again = packed();
    assert_eq!(ARCHIVE.1.file_name(), again.1.file_name());
    let bytes = |path: &Path| fs::read(path).expect("it can be read");
    assert!(bytes(&ARCHIVE.1) == bytes(&again.1), "the same bytes");

    let folder = tempfile::tempdir().expect("a scratch folder");
    unpack(folder.path());
    done(
        Command::new("sha256sum")
            .args(["--check", "--quiet", "SHA256SUMS"])
            .current_dir(folder.path()),
    );
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    assert!(read("VERSION").starts_with(concat!(
        "boundary-conformance ",
        env!("CARGO_PKG_VERSION"),
        " "
    )));
    assert!(read("THIRD-PARTY").contains("clap"), "the licences of crates");
    for (name, part) in [
        ("README.md", "conform"),
        ("LICENSE-MIT", "MIT"),
        ("LICENSE-APACHE", "Apache"),
        ("docs/contract.md", "L-21"),
        ("include/boundary_binder.h", "bc_abi_version"),
    ] {
        assert!(read(name).contains(part), "{name}");
    }
    let names = done(Command::new("tar").arg("-tzf").arg(&ARCHIVE.1));
    let listed = read("SHA256SUMS").lines().count();
    assert_eq!(names.lines().filter(|name| !name.ends_with('/')).count(), listed + 1);
}

/// The files that the loader takes for a program, itself among them.
fn loaded(program: &Path) -> Vec<PathBuf> {
    let said = done(Command::new("ldd").arg(program));
    let files = said.split_whitespace().filter(|word| word.starts_with('/'));
    files.map(PathBuf::from).collect()
}

/// What else the C library is made of: until glibc 2.34 threads were in a file of their own, which is there to this day
/// for whoever names it, as the fixtures do to run with older ones.
const C_LIBRARY: [&str; 2] = ["libpthread.so.0", "libdl.so.2"];

/// A root in which there are the release and the C library, and nothing else.
struct Root(TempDir);

impl Root {
    fn new() -> Root {
        let root = Root(tempfile::tempdir().expect("a scratch folder"));
        for folder in ["proc", "dev", "tmp", "out"] {
            fs::create_dir(root.0.path().join(folder)).expect("a scratch folder");
        }
        unpack(&root.0.path().join(AT));
        let files = loaded(Path::new(CONFORM));
        files.iter().for_each(|file| root.put(file, file));
        let library = files.iter().find(|file| file.ends_with("libc.so.6"));
        let folder = library.and_then(|file| file.parent()).expect("the C library is loaded");
        for file in C_LIBRARY.map(|name| folder.join(name)).iter().filter(|file| file.exists()) {
            root.put(file, file);
        }
        root
    }

    fn put(&self, from: &Path, to: &Path) {
        let to = self.0.path().join(to.strip_prefix("/").expect("an absolute path"));
        fs::create_dir_all(to.parent().expect("a folder")).expect("a scratch folder");
        fs::copy(from, to).expect("it can be copied");
    }

    fn run(&self, variables: &[(&str, &str)], words: &[&str]) -> Output {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--net", "--fork", "--kill-child", "sh", "-ec", ENTER]);
        command.arg(self.0.path()).arg(AT).args(words).env_clear();
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").envs(variables.iter().copied());
        command.output().expect("unshare starts")
    }

    /// A command that ends like this and says all that.
    #[track_caller]
    fn conform(&self, words: &str, code: i32, said: &[&str]) {
        let program = format!("/{AT}/conform");
        let words: Vec<&str> = std::iter::once(&*program).chain(words.split(' ')).collect();
        // Without HOME there is no cache; with one, what is not packed is looked for everywhere.
        let home: &[_] = if code == 0 { &[] } else { &[("HOME", "/out")] };
        let output = self.run(home, &words);
        let text = text(&output);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {text}");
        said.iter()
            .for_each(|part| assert!(text.contains(part), "{words:?}: no {part:?} in {text}"));
    }
}

#[test]
fn it_judges_and_measures_where_there_is_only_a_c_library() {
    let root = Root::new();
    let version = root.run(&[], &["/opt/release/conform", "--version"]);
    if text(&version).contains("Operation not permitted") {
        println!("left out, since namespaces or mounts are not permitted here: {}", text(&version));
        return;
    }
    assert!(version.status.success(), "{}", text(&version));
    let words =
        "--arm round-trip --arm compare --arm guard --arm generated --shard 1/16 --out /out/judged";
    root.conform(&format!("check {words}"), 0, &["Conforms", "no libffi here"]);
    root.conform(
        "check --target wasm32 --arm generated --shard 1/40 --out /out/judged",
        0,
        &["Conforms"],
    );
    root.conform("bench --quick --shard 1/24 --out /out/measured", 0, &["measuring", "Conforms"]);
    let raw = fs::read_to_string(root.0.path().join("out/measured/bench-raw.json"));
    assert!(raw.is_ok_and(|raw| raw.contains("batches")), "batches were timed");
    for (words, said) in [
        (
            "check --arm generated --seed 7",
            &["not among those of this binary release", "no Zig"][..],
        ),
        ("layouts", &["no Zig", "set ZIG"]),
        ("mutants", &["do this in a checkout"]),
        ("memcheck", &["no valgrind"]),
        ("release", &["do this in a checkout"]),
    ] {
        root.conform(
            &format!("{words}{}", if words == "layouts" { "" } else { " --out /out/judged" }),
            2,
            said,
        );
    }
    if !Path::new("/usr/include/x86_64-linux-gnu/ffi.h").is_file() {
        println!("an adapter is left out: there is no libffi to build it with");
        return;
    }
    let folder = tempfile::tempdir().expect("a scratch folder");
    let written = Skeleton::of("c").and_then(|skeleton| skeleton.write(folder.path()));
    let prepare = written.expect("it is written").prepare.expect("it is compiled");
    done(Command::new("sh").args(["-c", prepare]).current_dir(folder.path()));
    let adapter = folder.path().join("adapter");
    root.put(&adapter, Path::new("/adapter"));
    loaded(&adapter).iter().for_each(|file| root.put(file, file));
    root.conform("smoke --binder /adapter", 0, &["libffi"]);
    // Structs of one `long double` are what libffi gets wrong.
    let words = "check --arm round-trip --arm threads --shard 1/16 --without f80 --out /out/judged --binder /adapter";
    root.conform(words, 0, &["Conforms"]);
}

#[test]
fn what_is_damaged_is_named() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    unpack(folder.path());
    let fixtures = library::build(Profile::Checked).expect("the fixtures build").path;
    let name = fixtures.parent().and_then(Path::file_name).expect("a folder");
    let name = format!("fixtures/{}/libboundary.so", name.display());
    for file in ["conform", "spec-cases/floats.yaml", &name, &twin::packed()] {
        let file = folder.path().join(file);
        let bytes = fs::read(&file).expect("it can be read");
        let mut flipped = bytes.clone();
        *flipped.last_mut().expect("it has bytes") ^= 1;
        fs::write(&file, flipped).expect("it can be written");
        is_named(folder.path(), &file, "is not as it was packed");
        fs::write(&file, bytes).expect("it can be written");
    }
    for file in ["spec-cases/floats.yaml", &name, "SHA256SUMS"] {
        let file = folder.path().join(file);
        let bytes = fs::read(&file).expect("it can be read");
        fs::remove_file(&file).expect("it can be removed");
        is_named(folder.path(), &file, "cannot be read");
        fs::write(&file, bytes).expect("it can be written");
    }
}

/// A check by the release in a folder says this of a file, and what to do.
#[track_caller]
fn is_named(folder: &Path, file: &Path, said: &str) {
    let out = tempfile::tempdir().expect("a scratch folder");
    let mut command = Command::new(folder.join("conform"));
    command.args(["check", "--arm", "compare", "--filter", "u64-top-bit", "--out"]).arg(out.path());
    // From where there is no corpus that would be taken first.
    let output = command.current_dir(out.path()).output().expect("it starts");
    let text = text(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for part in [&*file.display().to_string(), said, "unpack the archive anew"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}
