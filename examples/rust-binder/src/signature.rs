//! Signatures that are a flat vector: bindings and scalars in turn, then `:ret` and the return
//! (contract T-1 to T-3, S-1). What is wrong with one is refused with the contract's code and place
//! (S-4); what is more than that is not served.

use subject::{RefusalCode, SignatureRefusal};

/// A scalar that this binder carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    /// An integer of so many bits; `true` if it is signed.
    Integer(u32, bool),
    /// `:bool`
    Bool,
    /// `:f32`
    F32,
    /// `:f64`
    F64,
    /// `:void`, of a return alone.
    Void,
}

/// A signature that this binder serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// The arguments' types.
    pub(crate) arguments: Vec<Scalar>,
    /// The return's.
    pub(crate) returns: Scalar,
}

/// Why a text is no such signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The contract refuses it.
    Refused(SignatureRefusal),
    /// The contract may allow it, and this binder does not carry it.
    Unserved(String),
}

/// A word of the text, and where it stands.
#[derive(Clone, Copy, Debug)]
struct Word<'t> {
    text: &'t str,
    at: usize,
}

impl Signature {
    /// Reads a signature.
    ///
    /// # Errors
    /// [`Unread`].
    pub(crate) fn read(text: &str) -> Result<Signature, Unread> {
        let words = words(text)?;
        let whole = Word { text: text.trim(), at: text.len() - text.trim_start().len() };
        let mut markers = words.iter().enumerate().filter(|(_, word)| word.text == ":ret");
        let (place, marker) =
            markers.next().ok_or_else(|| refused(RefusalCode::MissingRet, whole))?;
        if let Some((_, extra)) = markers.next() {
            return Err(refused(RefusalCode::ExtraRet, *extra));
        }
        let returns = match words[place + 1..] {
            [] => return Err(refused(RefusalCode::EmptyRet, *marker)),
            [returns] => returns,
            _ => return Err(refused(RefusalCode::MisplacedRet, *marker)),
        };
        let (pairs, single) = words[..place].as_chunks::<2>();
        if let [binding] = single {
            return Err(refused(RefusalCode::UnevenSignature, *binding));
        }
        for (number, [binding, _]) in pairs.iter().enumerate() {
            check(*binding, &pairs[..number])?;
        }
        for of in pairs.iter().map(|[_, of]| of).chain([&returns]) {
            known(*of)?;
        }
        let mut arguments = Vec::new();
        for [_, of] in pairs {
            arguments.push(match scalar(*of)? {
                Scalar::Void => return Err(refused(RefusalCode::VoidArgument, *of)),
                carried => carried,
            });
        }
        Ok(Signature { arguments, returns: scalar(returns)? })
    }
}

fn refused(code: RefusalCode, form: Word<'_>) -> Unread {
    Unread::Refused(SignatureRefusal {
        code: Some(code),
        offset: Some(form.at),
        form: Some(form.text.to_owned()),
        message: format!("{code} at byte {}: `{}`", form.at, form.text),
    })
}

/// The words between the brackets.
fn words(text: &str) -> Result<Vec<Word<'_>>, Unread> {
    let flat = || Unread::Unserved("only flat vectors of bindings and scalars are read".to_owned());
    let inside = text.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let inside = inside.ok_or_else(flat)?;
    let first = text.find('[').map_or(0, |at| at + 1);
    let is_gap = |byte: char| byte.is_whitespace() || byte == ',';
    let mut words = Vec::new();
    let mut at = 0;
    for text in inside.split(is_gap) {
        let plain = |char: char| char.is_alphanumeric() || "_-:".contains(char);
        if !text.chars().all(plain) {
            return Err(flat());
        }
        if !text.is_empty() {
            words.push(Word { text, at: first + at });
        }
        at += text.len() + 1;
    }
    Ok(words)
}

/// A binding is a name of its own that is not kept for generated code.
fn check(binding: Word<'_>, earlier: &[[Word<'_>; 2]]) -> Result<(), Unread> {
    let is_name = binding.text.starts_with(|char: char| char.is_alphabetic() || char == '_');
    if !is_name || ["nil", "true", "false"].contains(&binding.text) {
        return Err(refused(RefusalCode::InvalidBinding, binding));
    }
    if binding.text.starts_with("__") {
        return Err(refused(RefusalCode::ReservedBinding, binding));
    }
    if earlier.iter().any(|[name, _]| name.text == binding.text) {
        return Err(refused(RefusalCode::DuplicateBinding, binding));
    }
    Ok(())
}

/// A type's word is a scalar's name; what is no keyword is a declared type's, which is not read here.
fn known(of: Word<'_>) -> Result<(), Unread> {
    let text = of.text;
    let Some(name) = text.strip_prefix(':') else {
        return Err(Unread::Unserved(format!("`{text}`, declared or not, is not read")));
    };
    // `::i64` is no keyword of EDN.
    if name.starts_with(':') {
        return Err(refused(RefusalCode::InvalidSignature, of));
    }
    let is_known = ["void", "noreturn", "string"].contains(&name)
        || contract::Scalar::from_name(name).is_some();
    if is_known { Ok(()) } else { Err(refused(RefusalCode::UnknownScalar, of)) }
}

fn scalar(of: Word<'_>) -> Result<Scalar, Unread> {
    match carried(of.text) {
        Some(scalar) => Ok(scalar),
        None if of.text == ":noreturn" => Err(refused(RefusalCode::NoreturnPosition, of)),
        None => Err(Unread::Unserved(format!("`{}` is not carried", of.text))),
    }
}

fn carried(text: &str) -> Option<Scalar> {
    Some(match text {
        ":bool" => Scalar::Bool,
        ":f32" => Scalar::F32,
        ":f64" => Scalar::F64,
        ":void" => Scalar::Void,
        ":isize" => Scalar::Integer(isize::BITS, true),
        ":usize" => Scalar::Integer(usize::BITS, false),
        _ => {
            let is_signed = text.starts_with(":i");
            let bits = text.strip_prefix(":i").or_else(|| text.strip_prefix(":u"))?;
            let bits = ["8", "16", "32", "64"].contains(&bits).then(|| bits.parse().ok())??;
            Scalar::Integer(bits, is_signed)
        }
    })
}
