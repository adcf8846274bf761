//! Adapters to begin with, one a language: each a whole program that puts an FFI library of that language
//! to the suite at wire level (docs/protocol.md), and passes `conform smoke` as it stands.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files and the commands of a language's adapter.
#[derive(Debug)]
pub struct Skeleton {
    /// The language's name on the command line.
    pub language: &'static str,
    /// The library that it puts to the suite.
    pub library: &'static str,
    /// The files in which what is the library's stands; the others are the protocol's.
    pub yours: &'static str,
    /// Names below the folder, and texts.
    files: &'static [(&'static str, &'static str)],
    /// What has to be done in the folder before it runs, where anything has.
    prepare: Option<&'static str>,
    /// The command that runs it, with `DIR` for the folder.
    command: &'static str,
}

/// Every language there is an adapter for.
pub const SKELETONS: &[Skeleton] = &[
    Skeleton {
        language: "python",
        library: "ctypes",
        yours: "adapter.py",
        files: &[
            ("adapter.py", include_str!("../../adapters/ctypes/adapter.py")),
            ("wire.py", include_str!("../../adapters/ctypes/wire.py")),
        ],
        prepare: None,
        command: "python3 DIR/adapter.py",
    },
    Skeleton {
        language: "lua",
        library: "LuaJIT's FFI",
        yours: "adapter.lua, structs.lua, callbacks.lua and conventions.lua",
        files: &[
            ("adapter.lua", include_str!("../templates/lua/adapter.lua")),
            ("callbacks.lua", include_str!("../templates/lua/callbacks.lua")),
            ("conventions.lua", include_str!("../templates/lua/conventions.lua")),
            ("json.lua", include_str!("../templates/lua/json.lua")),
            ("structs.lua", include_str!("../templates/lua/structs.lua")),
            ("wire.lua", include_str!("../templates/lua/wire.lua")),
        ],
        prepare: None,
        command: "luajit DIR/adapter.lua",
    },
    Skeleton {
        language: "node",
        library: "koffi",
        yours: "adapter.mjs, structs.mjs and callbacks.mjs",
        files: &[
            ("adapter.mjs", include_str!("../templates/node/adapter.mjs")),
            ("callbacks.mjs", include_str!("../templates/node/callbacks.mjs")),
            ("package.json", include_str!("../templates/node/package.json")),
            ("structs.mjs", include_str!("../templates/node/structs.mjs")),
        ],
        prepare: Some("npm install"),
        command: "node DIR/adapter.mjs",
    },
    Skeleton {
        language: "rust",
        library: "libffi",
        yours: "src/main.rs, src/structs.rs and src/callbacks.rs",
        files: &[
            ("Cargo.toml", include_str!("../templates/rust/adapter.toml")),
            ("src/callbacks.rs", include_str!("../templates/rust/src/callbacks.rs")),
            ("src/loops.rs", include_str!("../templates/rust/src/loops.rs")),
            ("src/main.rs", include_str!("../templates/rust/src/main.rs")),
            ("src/structs.rs", include_str!("../templates/rust/src/structs.rs")),
            ("src/wire.rs", include_str!("../templates/rust/src/wire.rs")),
        ],
        prepare: Some("cargo build --release"),
        command: "cargo run --release --quiet --manifest-path DIR/Cargo.toml",
    },
    Skeleton {
        language: "c",
        library: "libffi",
        yours: "adapter.c",
        files: &[
            ("adapter.c", include_str!("../templates/c/adapter.c")),
            ("callbacks.h", include_str!("../templates/c/callbacks.h")),
            ("lines.h", include_str!("../templates/c/lines.h")),
            ("loops.h", include_str!("../templates/c/loops.h")),
            ("values.h", include_str!("../templates/c/values.h")),
            ("wire.h", include_str!("../templates/c/wire.h")),
        ],
        prepare: Some("cc -O1 -pthread -o adapter adapter.c -lffi -ldl"),
        command: "DIR/adapter",
    },
];

/// Why an adapter was not written.
#[derive(Debug, thiserror::Error)]
pub enum SkeletonError {
    /// There is none for the language.
    #[error("there is no adapter for `{language}`; there is one for {}", known.join(", "))]
    UnknownLanguage {
        /// The language.
        language: String,
        /// Those there are.
        known: Vec<&'static str>,
    },
    /// A file of that name is there.
    #[error("{} is there already: name another folder, or take it away", .0.display())]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// An adapter that was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// Its files.
    pub files: Vec<PathBuf>,
    /// The command to run in the folder first, where there is one.
    pub prepare: Option<&'static str>,
    /// The command line of the adapter, as `--binder` takes it.
    pub binder: String,
}

impl Skeleton {
    /// The adapter of a language.
    ///
    /// # Errors
    /// [`SkeletonError::UnknownLanguage`].
    pub fn of(language: &str) -> Result<&'static Skeleton, SkeletonError> {
        SKELETONS.iter().find(|skeleton| skeleton.language == language).ok_or_else(|| {
            let known = SKELETONS.iter().map(|skeleton| skeleton.language).collect();
            SkeletonError::UnknownLanguage { language: language.to_owned(), known }
        })
    }

    /// Writes the adapter into a folder, which is made where it is not there. Nothing that is there is
    /// written over.
    ///
    /// # Errors
    /// [`SkeletonError::Exists`] before anything is written, or [`SkeletonError::Unwritable`].
    pub fn write(&self, folder: &Path) -> Result<Written, SkeletonError> {
        let files: Vec<PathBuf> = self.files.iter().map(|(name, _)| folder.join(name)).collect();
        if let Some(there) = files.iter().find(|path| path.symlink_metadata().is_ok()) {
            return Err(SkeletonError::Exists(there.clone()));
        }
        for (path, (_, text)) in files.iter().zip(self.files) {
            let parent = path.parent().unwrap_or(folder);
            let written = fs::create_dir_all(parent).and_then(|()| fs::write(path, text));
            let unwritable = |source| SkeletonError::Unwritable { path: path.clone(), source };
            written.map_err(unwritable)?;
        }
        let word = |word: &str| match word.strip_prefix("DIR") {
            Some(rest) => format!("{}{rest}", folder.display()),
            None => word.to_owned(),
        };
        let binder = shell_words::join(self.command.split(' ').map(word));
        Ok(Written { files, prepare: self.prepare, binder })
    }
}
