//! What the callee left, to host values (contract ). Memory of its own is read
//! through the subject, bytes at addresses.

use contract::HostValue;
use contract::{Declarations, Layout, NamedKind, Scalar, Type};

use super::scalars;
use crate::SubjectFault;
use crate::protocol::aggregates::CValue;

/// Reads the subject's memory.
pub(super) trait Peek {
    /// The bytes at an address, which is not null; one at least. `addresses` is where in them addresses stand.
    ///
    /// # Errors
    /// What the subject did instead.
    fn peek(
        &mut self,
        address: u64,
        length: usize,
        addresses: Vec<usize>,
    ) -> Result<Vec<u8>, SubjectFault>;
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

/// Bytes or elements of one buffer at the most: many times what any fixture gives, and what a wrong
/// length goes beyond.
const MOST: u64 = 64 << 20;

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
                let bytes = self.elements(address, length, None)?;
                Ok(HostValue::Text(String::from_utf8_lossy(&bytes).into_owned()))
            }
            Type::Bytes => self.elements(address, length, None).map(HostValue::Bytes),
            Type::Slice { of, .. } => {
                let bytes = self.elements(address, length, Some(of))?;
                self.row(of, length as usize, &bytes)
            }
            _ => Err(unreadable(of)),
        }
    }

    /// What a function of the host's is given for an argument of the type: `word` reads the next of its words, and `handle`
    /// says which handle an address is (K-2, K-9).
    ///
    /// # Errors
    /// [`Unraised`].
    pub(super) fn given(
        &mut self,
        of: &Type,
        word: &mut dyn FnMut(Scalar) -> Result<HostValue, SubjectFault>,
        handle: &dyn Fn(u64) -> HostValue,
    ) -> Result<HostValue, Unraised> {
        let mut address = || {
            let word = word(Scalar::Usize)?;
            let address = word.as_integer().and_then(|word| u64::try_from(word).ok());
            Ok::<_, SubjectFault>(address.unwrap_or_default())
        };
        match of {
            Type::Handle(_) => Ok(handle(address()?)),
            Type::Pointer { of, .. } => {
                let address = address()?;
                self.pointee(of, address)
            }
            Type::String | Type::Slice { .. } => {
                let (first, length) = (address()?, address()?);
                self.buffer(of, first, length)
            }
            Type::Named(name) => {
                let (backing, _) =
                    self.declarations.enumeration(name).ok_or_else(|| unreadable(of))?;
                let number = word(backing)?;
                self.member(name, number)
            }
            Type::Scalar(scalar) => Ok(word(*scalar)?),
            _ => Err(unreadable(of)),
        }
    }

    /// What an address leads to, one item of the type (L-10, L-20).
    ///
    /// # Errors
    /// [`Unraised`].
    pub(super) fn pointee(&mut self, of: &Type, address: u64) -> Result<HostValue, Unraised> {
        let bytes = self.elements(address, 1, Some(of))?;
        self.item(of, &bytes)
    }

    /// How a type lies in memory.
    ///
    /// # Errors
    /// [`Unraised::Fault`] for one that never does.
    pub(super) fn layout(&self, of: &Type) -> Result<Layout, Unraised> {
        Layout::of(of, self.declarations).ok_or_else(|| unreadable(of))
    }

    /// Elements of a type, or bytes where there is none. R-11: whether a length can be believed is asked before
    /// anything is read.
    fn elements(
        &mut self,
        address: u64,
        length: u64,
        of: Option<&Type>,
    ) -> Result<Vec<u8>, Unraised> {
        let stride = of.map_or(Ok(1), |of| self.layout(of).map(|layout| layout.size))?;
        if length == 0 {
            return Ok(Vec::new());
        }
        let bytes = length.checked_mul(stride.max(1) as u64).filter(|bytes| *bytes <= MOST);
        let end = bytes.and_then(|bytes| address.checked_add(bytes));
        if address == 0 || end.is_none() {
            return Err(Unraised::Corrupt);
        }
        if stride == 0 {
            return Ok(Vec::new());
        }
        let length = usize::try_from(length).map_err(|_| Unraised::Corrupt)?;
        let one = of.map_or_else(Vec::new, |of| addresses(of, self.declarations));
        let all = if one.is_empty() { Vec::new() } else { repeated(&one, length, stride) };
        Ok(self.memory.peek(address, length * stride, all)?)
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
            return self.member(name, scalars::integer(number));
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

    /// The host value of a member of a struct by value, or of the struct itself (G-3). `None` for what is none of its
    /// type's; an integer beyond its type stays what it is: it is the library's answer.
    pub(super) fn by_value(&self, of: &Type, value: &CValue) -> Option<HostValue> {
        match (of, value) {
            (Type::Scalar(scalar), CValue::Text(text)) => scalars::of_text(*scalar, text),
            (Type::Array { length, of }, CValue::Members(all)) if all.len() as u64 == *length => {
                let each = all.iter().map(|one| self.by_value(of, one));
                each.collect::<Option<_>>().map(HostValue::Vector)
            }
            (Type::Named(name), value) => {
                let named = self.declarations.get(name)?;
                match (&named.kind, value) {
                    (NamedKind::Enum { backing, .. }, CValue::Text(text)) => {
                        self.member(name, scalars::of_text(*backing, text)?).ok()
                    }
                    (NamedKind::Struct { record, fields, .. }, CValue::Members(all))
                        if all.len() == fields.len() =>
                    {
                        let each = fields.iter().zip(all).map(|(field, one)| {
                            Some((field.name.clone(), self.by_value(&field.of, one)?))
                        });
                        let entries = each.collect::<Option<_>>()?;
                        Some(if *record {
                            HostValue::Record(name.clone(), entries)
                        } else {
                            HostValue::Map(entries)
                        })
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// the keyword of a member, or the number that no member has.
    ///
    /// # Errors
    /// [`Unraised::Fault`] for the name of no enum.
    pub(super) fn member(&self, name: &str, number: HostValue) -> Result<HostValue, Unraised> {
        let Some((_, members)) = self.declarations.enumeration(name) else {
            return Err(unreadable(&Type::Named(name.to_owned())));
        };
        let found = number
            .as_integer()
            .and_then(|number| members.iter().find(|member| number == member.value.into()));
        Ok(found.map_or(number, |member| HostValue::Keyword(member.name.clone())))
    }
}

/// Where addresses stand in an item of a type.
pub(super) fn addresses(of: &Type, declarations: &Declarations) -> Vec<usize> {
    match of {
        Type::String | Type::Bytes | Type::Slice { .. } => vec![0],
        Type::Owned(of) | Type::Borrowed(of) => addresses(of, declarations),
        Type::Array { length, of } => {
            let stride = Layout::of(of, declarations).map_or(0, |layout| layout.size);
            repeated(&addresses(of, declarations), *length as usize, stride)
        }
        Type::Named(name) => {
            let (Some(layout), Some(fields)) =
                (declarations.struct_layout(name), declarations.fields(name))
            else {
                return Vec::new();
            };
            let field = |(field, offset): (&contract::Field, &usize)| {
                addresses(&field.of, declarations)
                    .into_iter()
                    .map(|at| at + offset)
                    .collect::<Vec<_>>()
            };
            fields.iter().zip(&layout.offsets).flat_map(field).collect()
        }
        _ => Vec::new(),
    }
}

fn repeated(places: &[usize], times: usize, stride: usize) -> Vec<usize> {
    (0..times).flat_map(|time| places.iter().map(move |at| at + time * stride)).collect()
}

fn unreadable(of: &Type) -> Unraised {
    Unraised::Fault(SubjectFault::Adapter(format!(
        "the suite cannot read {of} from memory: no valid signature returns it so"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory that holds bytes from an address, and how often it was read.
    struct There {
        address: u64,
        bytes: Vec<u8>,
        reads: usize,
    }

    impl Peek for There {
        fn peek(
            &mut self,
            address: u64,
            length: usize,
            _: Vec<usize>,
        ) -> Result<Vec<u8>, SubjectFault> {
            self.reads += 1;
            let from = address.checked_sub(self.address).map(|from| from as usize);
            let found = from.and_then(|from| self.bytes.get(from..from + length));
            found.map(<[u8]>::to_vec).ok_or(SubjectFault::Gone)
        }
    }

    const TYPES: &str = "(defenumz Hue {:backing :i8} [red 0 dark -1]) (deftypez None [])
        (defrecordz Person [name :string hue Hue])";

    fn raise(of: &str, bytes: &[u8], there: &mut There) -> Result<HostValue, Unraised> {
        let declarations = Declarations::read(TYPES).expect("valid");
        let of = Type::read(of, &declarations).expect("a type");
        Raiser { declarations: &declarations, memory: there }.item(&of, bytes)
    }

    fn pair(address: u64, length: u64) -> Vec<u8> {
        [address.to_le_bytes(), length.to_le_bytes()].concat()
    }

    #[test]
    fn a_struct_is_read_with_the_buffers_it_leads_to() {
        let mut there = There { address: 100, bytes: b"Ad\xffa".to_vec(), reads: 0 };
        let mut bytes = pair(100, 4);
        bytes.extend([0xff, 7, 7, 7, 7, 7, 7, 7]);
        let keyword = HostValue::Keyword("dark".into());
        let entries = vec![
            ("name".to_owned(), HostValue::Text("Ad\u{fffd}a".into())),
            ("hue".to_owned(), keyword),
        ];
        let read = raise("Person", &bytes, &mut there).expect("it is read");
        assert_eq!(read, HostValue::Record("Person".into(), entries));
        bytes[16] = 5;
        let read = raise("Person", &bytes, &mut there).expect("it is read");
        let HostValue::Record(_, entries) = read else { panic!("{read:?}") };
        assert_eq!(entries[1].1, HostValue::Long(5), "a number no member has");
    }

    #[test]
    fn what_has_no_length_and_what_has_too_much_is_not_read() {
        let mut there = There { address: 100, bytes: vec![1; 8], reads: 0 };
        let empty = raise("[:slice :u32]", &pair(0xdead, 0), &mut there).expect("it is empty");
        assert_eq!(empty, HostValue::Vector(Vec::new()));
        for (of, length) in [
            (":string", u64::MAX),
            (":string", (1 << 63) - 1),
            ("[:slice :u64]", 1 << 61),
            ("[:slice :u64]", MOST),
            ("[:slice None]", 1 << 40),
        ] {
            let read = raise(of, &pair(100, length), &mut there);
            assert!(matches!(read, Err(Unraised::Corrupt)), "{of} of {length}: {read:?}");
        }
        let null = raise(":string", &pair(0, 1), &mut there);
        assert!(matches!(null, Err(Unraised::Corrupt)), "{null:?}");
        assert_eq!(there.reads, 0);
        let read = raise("[:slice :u32]", &pair(100, 2), &mut there).expect("it is read");
        assert_eq!(read, HostValue::Vector(vec![HostValue::Long(0x0101_0101); 2]));
    }
}
