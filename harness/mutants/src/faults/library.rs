//! Faults of a library's life: what is named where it cannot be had, what keeps it loaded, and what becomes of
//! it and of its functions when it is unloaded.

use super::{Class, Edit, Fault};

const LIBRARY: &str = "reference-binder/src/library.rs";
const BIND: &str = "reference-binder/src/call/bind.rs";
const STREAM: &str = "reference-binder/src/call/stream.rs";
const SERVED: &str = "harness/src/served/reference/mod.rs";

// Another object of the library's path is open when the first is unloaded: what is still called of that one
// answers, and does not crash.

/// Where leave to use a library that can be unloaded is given.
const PASS: &str = "library.is_some().then_some(Pass(Some(library)))";
const ALWAYS: &str = "Some(Pass(Some(library)))";
const LET_GO: &str = "self.opened[library.0] = None;";
const LET_GO_UNLOADS: &str =
    "self.opened[library.0].take().into_iter().for_each(|one| one.close());";
const CLOSES: &str = "drop(library.take());";
const UNLOADS: &str = "self.opened(library)?.close();";
const REFUSES: &str = "return Value::refused(CallRefusal::new(CallCode::LibraryClosed));";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "missing-symbol-not-named",
        breaks: "where a symbol is missing, the refusal does not say which",
        clauses: &["B-1"],
        class: Class::Fail,
        arms: &["binding"],
        edits: &[Edit { file: LIBRARY, replace: "name.to_owned()", with: "String::new()" }],
    },
    Fault {
        name: "library-not-named",
        breaks: "where a symbol is missing, the refusal does not say of which library",
        clauses: &["B-1"],
        class: Class::Fail,
        arms: &["binding"],
        edits: &[Edit {
            file: LIBRARY,
            replace: "self.path().to_owned()",
            with: "PathBuf::from(\"library\")",
        }],
    },
    Fault {
        name: "missing-symbol-found-at-the-call",
        breaks: "a symbol is looked for by the first call, and binding finds none missing",
        clauses: &["B-1"],
        class: Class::Fail,
        arms: &["binding"],
        edits: &[Edit {
            file: LIBRARY,
            replace: "symbol.map_err(|_| missing())?",
            with: "match symbol { Ok(symbol) => symbol, Err(_) => return Ok(NonNull::dangling()) }",
        }],
    },
    Fault {
        name: "object-let-go-unloads",
        breaks: "a library is unloaded with the host's object of it, though functions of it exist",
        clauses: &["B-2"],
        class: Class::Refuse,
        arms: &["library"],
        edits: &[Edit { file: SERVED, replace: LET_GO, with: LET_GO_UNLOADS }],
    },
    Fault {
        name: "object-let-go-unmaps",
        breaks: "a library is unloaded with the host's object of it, and its functions are called all the same",
        clauses: &["B-2"],
        class: Class::Crash,
        arms: &["library"],
        edits: &[
            Edit { file: SERVED, replace: LET_GO, with: LET_GO_UNLOADS },
            Edit { file: LIBRARY, replace: PASS, with: ALWAYS },
        ],
    },
    Fault {
        name: "unloaded-function-called",
        breaks: "a function of an unloaded library is called where it was",
        clauses: &["B-3"],
        class: Class::Fail,
        arms: &["unload"],
        edits: &[Edit { file: LIBRARY, replace: PASS, with: ALWAYS }],
    },
    Fault {
        name: "unloaded-function-answers-nil",
        breaks: "a call of a function of an unloaded library answers nil",
        clauses: &["B-3"],
        class: Class::Fail,
        arms: &["unload"],
        edits: &[Edit { file: BIND, replace: REFUSES, with: "return Value::NIL;" }],
    },
    Fault {
        name: "unloaded-function-refused-as-a-handle",
        breaks: "a call of a function of an unloaded library is refused with another code",
        clauses: &["B-3"],
        class: Class::Fail,
        arms: &["unload"],
        edits: &[Edit {
            file: BIND,
            replace: REFUSES,
            with: "return Value::refused(CallRefusal::new(CallCode::HandleClosed));",
        }],
    },
    Fault {
        name: "unloading-waits-for-nothing",
        breaks: "a library is unloaded under the calls that run in it",
        clauses: &["B-3"],
        class: Class::Crash,
        arms: &["unload"],
        edits: &[Edit {
            file: LIBRARY,
            replace: PASS,
            with: "library.is_some().then_some(Pass(None))",
        }],
    },
    Fault {
        name: "unloading-keeps-the-file",
        breaks: "a library that is unloaded stays with the loader, which finds it again at its path",
        clauses: &["B-3"],
        class: Class::Fail,
        arms: &["unload"],
        edits: &[Edit {
            file: LIBRARY,
            replace: CLOSES,
            with: "library.take().into_iter().for_each(std::mem::forget);",
        }],
    },
    Fault {
        name: "unloading-again-panics",
        breaks: "unloading what is unloaded ends the host",
        clauses: &["B-3"],
        class: Class::Crash,
        arms: &["unload"],
        edits: &[Edit {
            file: LIBRARY,
            replace: CLOSES,
            with: "drop(library.take().expect(\"it is loaded\"));",
        }],
    },
    Fault {
        name: "unloading-again-refused",
        breaks: "unloading what is unloaded is refused",
        clauses: &["B-3"],
        class: Class::Refuse,
        arms: &["unload"],
        edits: &[Edit {
            file: SERVED,
            replace: UNLOADS,
            with: r#"let open = self.opened(library)?;
                if open.library().symbol("bc_manifest", "tells").is_err() {
                    return Ok(UnloadReply::Refused(Some("library-closed".into())));
                }
                open.close();"#,
        }],
    },
    Fault {
        name: "unloading-closes-every-object-of-the-path",
        breaks: "other objects of an unloaded library's path are closed with it",
        clauses: &["B-3"],
        class: Class::Refuse,
        arms: &["unload"],
        edits: &[Edit {
            file: SERVED,
            replace: UNLOADS,
            with: r#"let path = self.opened(library)?.library().path().to_owned();
                let of_path = |one: &&ClosableLibrary| one.library().path() == path;
                self.opened.iter().flatten().filter(of_path).for_each(ClosableLibrary::close);"#,
        }],
    },
    Fault {
        name: "unloaded-stream-read",
        breaks: "an item of a stream of an unloaded library is fetched from where it was",
        clauses: &["B-3"],
        class: Class::Fail,
        arms: &["unload"],
        edits: &[Edit {
            file: STREAM,
            replace: "let _pass = self.plan.library.enter().ok_or(CallCode::LibraryClosed)?;",
            with: "",
        }],
    },
    Fault {
        name: "unloaded-stream-freed",
        breaks: "the iterator of a stream of an unloaded library is freed by a symbol that is gone",
        clauses: &["B-3"],
        class: Class::Fail,
        arms: &["unload"],
        edits: &[Edit {
            file: STREAM,
            replace: "let Some(_pass) = self.plan.library.enter() else { return };",
            with: "",
        }],
    },
];
