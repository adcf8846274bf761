//! Structs by value, and arrays within them (docs/protocol.md): types of libffi's, and values of them in
//! memory.

use libffi::middle::{Cif, Type, ffi_abi_FFI_DEFAULT_ABI};
use serde_json::Value;

use crate::described;
use crate::wire::{Failure, Room, list, text, word};

/// What values of a type are like.
pub(crate) struct Form {
    /// The name of a scalar; of a struct and an array none.
    pub(crate) name: String,
    /// Those of a struct or an array, each with its offset.
    members: Vec<(usize, Form)>,
    /// The bytes of one.
    pub(crate) size: usize,
}

/// The types within a struct or an array, which libffi has as a struct of so many members.
fn parts(asked: &Value) -> Option<Vec<&Value>> {
    if let Some(members) = asked["struct"].as_array() {
        return Some(members.iter().collect());
    }
    let [length, element] = asked["array"].as_array()?.as_slice() else { return None };
    Some(vec![element; length.as_u64()? as usize])
}

/// The forms of a prototype that a request names, and libffi's own word for it.
pub(crate) fn prototype(asked: &Value) -> Result<(Vec<Form>, Form, Cif), Failure> {
    let both: Result<(Vec<_>, Vec<_>), _> =
        list(asked, "parameters").iter().map(Form::of).collect();
    let ((parameters, types), (returns, own)) = (both?, Form::of(&asked["returns"])?);
    let unserved = |error| Failure::unsupported(format!("libffi has no such prototype: {error:?}"));
    Ok((parameters, returns, Cif::try_new(types, own).map_err(unserved)?))
}

impl Form {
    /// The form of a type that a request names, and libffi's own type.
    pub(crate) fn of(asked: &Value) -> Result<(Form, Type), Failure> {
        let name = asked.as_str().unwrap_or_default().to_owned();
        let unknown = || {
            let shown = asked.as_str().map_or_else(|| asked.to_string(), str::to_owned);
            Failure::unsupported(format!("libffi has no type for {shown}"))
        };
        let (own, members) = match parts(asked) {
            Some(parts) => {
                let both: Result<(Vec<_>, Vec<_>), _> = parts.into_iter().map(Form::of).collect();
                let (forms, types) = both?;
                let mut own = Type::structure(types);
                let offsets = own.struct_offsets(ffi_abi_FFI_DEFAULT_ABI).map_err(|_| unknown())?;
                (own, offsets.into_iter().zip(forms).collect())
            }
            None => (described(&name).ok_or_else(unknown)?, Vec::new()),
        };
        // SAFETY: it is a type of libffi's own, or one that it has just laid out.
        let size = unsafe { (*own.as_raw_ptr()).size };
        Ok((Form { name, members, size }, own))
    }

    /// Whether a value of it is a word.
    pub(crate) fn is_scalar(&self) -> bool {
        self.members.is_empty()
    }

    /// Room for one that is returned.
    pub(crate) fn room(&self) -> Room {
        Room::of(vec![0; self.size.max(8)])
    }

    /// Writes a value where it is to lie.
    pub(crate) fn write(&self, value: &Value, place: &mut [u8]) -> Result<(), String> {
        if self.is_scalar() {
            let word = word(&self.name, value.as_str().unwrap_or_default())?.to_le_bytes();
            place.copy_from_slice(&word[..self.size]);
            return Ok(());
        }
        let values = value.as_array().filter(|values| values.len() == self.members.len());
        let values = values.ok_or("a value is due for each member")?;
        for ((offset, member), value) in self.members.iter().zip(values) {
            member.write(value, &mut place[*offset..offset + member.size])?;
        }
        Ok(())
    }

    /// The value that lies there.
    pub(crate) fn said(&self, bytes: &[u8]) -> Value {
        if self.is_scalar() {
            let mut word = [0; 8];
            word[..self.size].copy_from_slice(&bytes[..self.size]);
            return text(&self.name, u64::from_le_bytes(word)).into();
        }
        self.members.iter().map(|(offset, member)| member.said(&bytes[*offset..])).collect()
    }
}
