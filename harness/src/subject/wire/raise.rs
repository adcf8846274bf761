//! What the callee left, to host values (contract ). Memory of its own is read
//! through the subject, bytes at addresses.

use reference_binder::contract::{Declarations, Layout, NamedKind, Scalar, Type};

use super::scalars;
use crate::subject::SubjectFault;
use crate::value::HostValue;

/// Reads the subject's memory.
pub(super) trait Peek {
    /// The bytes at an address, which is not null; one at least.
    ///
    /// # Errors
    /// What the subject did instead.
    fn peek(&mut self, address: u64, length: usize) -> Result<Vec<u8>, SubjectFault>;
}

/// Why there is no host value.
#[derive(Debug)]
pub(super) enum Unraised {
    /// No memory could be as large as a length says.
    Corrupt,
    /// The subject did not behave.
    Fault(SubjectFault),
}

impl From<SubjectFault> for Unraised {
    fn from(fault: SubjectFault) -> Unraised {
        Unraised::Fault(fault)
    }
}

/// Beyond this no address of a process lies on the targets there are (48 bits of virtual addresses on
/// x86-64 and AArch64), and so no buffer ends there.
const ADDRESSES_END: u64 = 1 << 48;

/// Raises values.
pub(super) struct Raiser<'a> {
    pub(super) declarations: &'a Declarations,
    pub(super) memory: &'a mut dyn Peek,
}

impl Raiser<'_> {
    /// An item in memory: a scalar, an enum, `Wire(S)`, an array, or a buffer by its address and length.
    ///
    /// # Errors
    /// [`Unraised`].
    pub(super) fn item(&mut self, of: &Type, bytes: &[u8]) -> Result<HostValue, Unraised> {
        match of {
            Type::Scalar(scalar) => Ok(scalars::of_bytes(*scalar, bytes)),
            Type::Named(name) => self.named(name, bytes),
            Type::Array { length, of } => {
                let length = usize::try_from(*length).map_err(|_| Unraised::Corrupt)?;
                self.row(of, length, bytes)
            }
            Type::String
            | Type::Bytes
            | Type::Slice { .. }
            | Type::Owned(_)
            | Type::Borrowed(_) => {
                let word = Scalar::Usize.size();
                let (address, length) = bytes.split_at(word);
                self.buffer(
                    of,
                    scalars::word(address) as u64,
                    scalars::word(&length[..word]) as u64,
                )
            }
            _ => Err(unreadable(of)),
        }
    }

    /// The elements of a buffer: text, bytes, or a vector. What has no length is not read.
    ///
    /// # Errors
    /// [`Unraised`].
    pub(super) fn buffer(
        &mut self,
        of: &Type,
        address: u64,
        length: u64,
    ) -> Result<HostValue, Unraised> {
        match of {
            Type::Owned(of) | Type::Borrowed(of) => self.buffer(of, address, length),
            Type::String => {
                let bytes = self.elements(address, length, 1)?;
                Ok(HostValue::Text(String::from_utf8_lossy(&bytes).into_owned()))
            }
            Type::Bytes => self.elements(address, length, 1).map(HostValue::Bytes),
            Type::Slice { of, .. } => {
                let stride = self.layout(of)?.size;
                let bytes = self.elements(address, length, stride)?;
                self.row(of, length as usize, &bytes)
            }
            _ => Err(unreadable(of)),
        }
    }

    /// What an address leads to, one item of the type (L-10, L-20).
    ///
    /// # Errors
    /// [`Unraised`].
    pub(super) fn pointee(&mut self, of: &Type, address: u64) -> Result<HostValue, Unraised> {
        let size = self.layout(of)?.size;
        let bytes = self.elements(address, 1, size)?;
        self.item(of, &bytes)
    }

    /// How a type lies in memory.
    ///
    /// # Errors
    /// [`Unraised::Fault`] for one that never does.
    pub(super) fn layout(&self, of: &Type) -> Result<Layout, Unraised> {
        Layout::of(of, self.declarations).ok_or_else(|| unreadable(of))
    }

    /// whether memory could be as large is asked before it is read.
    fn elements(&mut self, address: u64, length: u64, stride: usize) -> Result<Vec<u8>, Unraised> {
        if length == 0 {
            return Ok(Vec::new());
        }
        // Elements of no size are at most as many as there are addresses.
        let bytes = length.checked_mul(stride.max(1) as u64);
        let end = bytes.and_then(|bytes| address.checked_add(bytes));
        if address == 0 || end.is_none_or(|end| end > ADDRESSES_END) {
            return Err(Unraised::Corrupt);
        }
        if stride == 0 {
            return Ok(Vec::new());
        }
        let length = usize::try_from(length).map_err(|_| Unraised::Corrupt)?;
        Ok(self.memory.peek(address, length * stride)?)
    }

    fn row(&mut self, of: &Type, count: usize, bytes: &[u8]) -> Result<HostValue, Unraised> {
        let stride = self.layout(of)?.size;
        let item = |index: usize| self.item(of, &bytes[index * stride..(index + 1) * stride]);
        (0..count).map(item).collect::<Result<_, _>>().map(HostValue::Vector)
    }

    fn named(&mut self, name: &str, bytes: &[u8]) -> Result<HostValue, Unraised> {
        let declarations = self.declarations;
        let unknown = || unreadable(&Type::Named(name.to_owned()));
        let named = declarations.get(name).ok_or_else(unknown)?;
        if let NamedKind::Enum { backing, .. } = &named.kind {
            let number = scalars::number(*backing, bytes);
            return Ok(self.member(name, scalars::integer(number)));
        }
        let layout = declarations.struct_layout(name).ok_or_else(unknown)?;
        let fields = named.fields().ok_or_else(unknown)?;
        let mut entries = Vec::with_capacity(fields.len());
        for (field, offset) in fields.iter().zip(&layout.offsets) {
            let size = self.layout(&field.of)?.size;
            let value = self.item(&field.of, &bytes[*offset..offset + size])?;
            entries.push((field.name.clone(), value));
        }
        Ok(match named.kind {
            NamedKind::Struct { record: true, .. } => HostValue::Record(name.to_owned(), entries),
            _ => HostValue::Map(entries),
        })
    }

    /// the keyword of a member, or the number that no member has.
    pub(super) fn member(&self, name: &str, number: HostValue) -> HostValue {
        let members = self.declarations.enumeration(name).map_or(&[][..], |(_, members)| members);
        let found = number
            .as_integer()
            .and_then(|number| members.iter().find(|member| number == member.value.into()));
        found.map_or(number, |member| HostValue::Keyword(member.name.clone()))
    }
}

fn unreadable(of: &Type) -> Unraised {
    Unraised::Fault(SubjectFault::Adapter(format!(
        "the suite cannot read {of} from memory: no valid signature returns it so"
    )))
}
