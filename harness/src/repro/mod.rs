//! A case as a C program that makes the same native calls without any binder.
//!
//! It says whose fault a failure is: where the program sees what the case expects, the binder is wrong,
//! and where it does not, the library or the contract is. Values become carriers and memory as at wire
//! level, so that whatever a signature takes has a program. `given` writes the arguments, of values that
//! `written` writes, `come` what is left after the call and given back, `types` the prototypes and structs, `text` is C as
//! text.
//!
//! Deliberately absent: running it. Prototypes are the contract's own.

mod come;
mod given;
mod text;
mod types;
mod written;

use std::collections::BTreeSet;

use contract::{Declarations, HostValue, Lowering, Type};
use corpus::case::{Body, Case, Corpus, Expect, Step};
use judge::describe;
use judge::row::{CaseRow, TrialOutcome};
use report::ProgramRow;
use subject::wire::{Lowered, Lowerer, NotTaken, Unlowered};

use self::text::{Lines, PRELUDE, c_string, comment};
use self::types::Types;

/// A case that this module writes no program for.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotInC {
    /// It calls nothing, or what it calls is drawn anew for every run.
    #[error("`{case}` makes no calls of its own: there is no native call to repeat")]
    NoCall {
        /// The case.
        case: String,
    },
    /// It gives a function of a host's that raises, or returns what its C type does not hold (K-4), or a handle.
    #[error(
        "`{case}` gives a function that raises, or returns a handle or what its type does not hold: it is the host's"
    )]
    NoCFunction {
        /// The case.
        case: String,
    },
    /// What its calls come with is the binder's to make, and lowered by nobody here (contract Z).
    #[error(
        "`{case}` has C strings, lengths or arguments that come back: what a call of it comes with is the \
         binder's to make"
    )]
    TheBinders {
        /// The case.
        case: String,
    },
    /// A call that must be made has arguments that its signature does not take.
    #[error("{call} does not take these arguments, and no refusal of it is expected")]
    NotTaken {
        /// The call.
        call: String,
    },
    /// The declarations do not say how something lies in memory.
    #[error("the suite does not know how {of} lies in memory")]
    NoLayout {
        /// The type.
        of: String,
    },
    /// Its results are not for one call.
    #[error(transparent)]
    Unlowered(#[from] Unlowered),
}

/// The programs of the cases that failed, as a report holds them. Cases made for one run have none.
pub fn of_failed(rows: &[CaseRow], corpus: &Corpus) -> Vec<ProgramRow> {
    let failed = rows.iter().filter(|row| row.outcome == TrialOutcome::Failed);
    let ids: BTreeSet<&str> = failed.map(|row| row.id.as_str()).collect();
    let programs = ids.into_iter().filter_map(|id| {
        let c = c_program(corpus.case(id)?, &corpus.declarations).ok()?;
        Some(ProgramRow { case: id.to_owned(), c })
    });
    programs.take(ProgramRow::MOST).collect()
}

/// The program of a case.
///
/// # Errors
/// [`NotInC`], for a case that has no steps, or that is not of these declarations.
pub fn c_program(case: &Case, declarations: &Declarations) -> Result<String, NotInC> {
    let Body::Calls(steps) = &case.body else {
        return Err(NotInC::NoCall { case: case.name() });
    };
    if steps.iter().any(|step| step.function.signature.tells()) {
        return Err(NotInC::TheBinders { case: case.name() });
    }
    let gives_handles =
        |of: &Type| matches!(of, Type::Function(of) if matches!(*of.returns, Type::Handle(_)));
    if steps.iter().any(|step| step.function.signature.has(gives_handles)) {
        return Err(NotInC::NoCFunction { case: case.name() });
    }
    let is_function = |value: &HostValue| matches!(value, HostValue::Function(_));
    let mut types = Types::new(declarations);
    let (mut functions, mut main) = (Lines::new(0), Lines::new(1));
    for (number, step) in steps.iter().enumerate() {
        if let Expect::Refuses(_) = step.expect {
            refused(step, &mut main);
            continue;
        }
        match lowered(step, declarations) {
            Ok(lowered) => {
                let lowering = Lowering::of(&step.function.signature, declarations);
                let name = types.declare(step, &lowering);
                let call = Call { step, number, declarations, lowering, name };
                call.write(&lowered, &mut functions, &mut main)?;
            }
            Err(NotTaken) if step.values().iter().any(is_function) => {
                return Err(NotInC::NoCFunction { case: case.name() });
            }
            Err(NotTaken) => {
                let call = describe::call(&step.function.name, &step.arguments);
                return Err(NotInC::NotTaken { call });
            }
        }
    }
    let (types, functions, main) = (types.text(), functions.text(), main.text());
    let title =
        comment(&format!("The native calls of {} ({}), without a binder.", case.name(), case.at));
    Ok(format!(
        "{title}\n/* cc -o repro repro.c -ldl && ./repro LIBRARY */\n{PRELUDE}\n{types}\n{functions}\nint main(int count, \
         char **arguments) {{\n    void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) \
         : NULL;\n    if (!library) {{\n        fprintf(stderr, \"%s\\n\", count == 2 ? dlerror() : \
         \"usage: repro LIBRARY\");\n        return 2;\n    }}\n{main}    return 0;\n}}\n"
    ))
}

/// A step as carriers and memory. What an earlier step kept is a variable of the program: the address
/// here is nobody's.
fn lowered(step: &Step, declarations: &Declarations) -> Result<Lowered, NotTaken> {
    let values = step.values();
    let handle = |_| Some(0);
    let lowered = Lowered::default();
    let mut lowerer = Lowerer { declarations, handle: &handle, kept: &handle, lowered };
    lowerer.arguments(&step.function.signature, &values)?;
    Ok(lowerer.lowered)
}

/// A step that a binder refuses: nothing reaches the library.
fn refused(step: &Step, main: &mut Lines) {
    let call = describe::call(&step.function.name, &step.arguments);
    let code = match &step.expect {
        Expect::Refuses(code) => format!(" with {code}"),
        _ => String::new(),
    };
    main.say(&comment(&format!("A binder refuses {call}{code}: no native call is made.")));
    let said = c_string(&format!("{call} is refused{code}: no native call"));
    main.say(&format!("printf(\"%s\\n\", {said});"));
}

/// A step that is called.
struct Call<'a> {
    step: &'a Step,
    number: usize,
    declarations: &'a Declarations,
    lowering: Lowering,
    /// What its prototype is called in the program.
    name: String,
}

impl Call<'_> {
    fn write(
        &self,
        lowered: &Lowered,
        functions: &mut Lines,
        main: &mut Lines,
    ) -> Result<(), NotInC> {
        let Step { function, arguments, expect, .. } = self.step;
        let said = format!(
            "{}, expected {}",
            describe::call(&function.name, arguments),
            describe::expect(expect)
        );
        let kept = self.kept();
        if let Some(kept) = &kept {
            main.say(&format!("void *{kept};"));
        }
        main.open("{");
        main.say(&self.lookup("call", ""));
        main.say(&format!("printf(\"%s\\n\", {});", c_string(&said)));
        let mut passed = self.given(lowered, functions, main);
        passed.extend(self.outs(main)?);
        let assigned = self.assigned(kept.as_deref());
        main.say(&format!("{assigned}call({});", passed.join(", ")));
        for block in 0..lowered.blocks.len() {
            main.say(&format!(
                "show(\"block{block} after the call\", block{block}, sizeof block{block});"
            ));
        }
        self.come(kept.as_deref(), main)?;
        main.close("}");
        Ok(())
    }

    /// A pointer to a symbol of the function, its own or one that its return obliges.
    fn lookup(&self, variable: &str, suffix: &str) -> String {
        let (name, symbol) = (&self.name, &self.step.function.symbol);
        format!("__typeof__({name}{suffix}) *{variable} = symbol(library, \"{symbol}{suffix}\");")
    }
}
