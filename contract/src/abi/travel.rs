//! Which registers and which memory the values of a call travel in, by value and by reference.

use std::fmt;

use super::members::{Eightbyte, Members, is_float};
use super::{Abi, BOTH, HOME_BYTES, Place, SLOT_BYTES, XMM};
use crate::beyond::Beyond;
use crate::declarations::Declarations;
use crate::lowering::{Carrier, Lowering};
use crate::scalar::Scalar;
use crate::types::{Layout, Type};

/// How a value that crosses as itself travels, as an argument or as a return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Travel {
    /// In these places, each of some of its bytes.
    Parts(Vec<Part>),
    /// In memory that the caller has made, whose address is here.
    Behind(Place),
}

/// Some of a value's bytes, and where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where they are.
    pub place: Place,
    /// The first of them.
    pub first: usize,
    /// How many they are.
    pub bytes: usize,
}

impl Travel {
    /// In one place.
    pub fn whole(place: Place, bytes: usize) -> Travel {
        Travel::Parts(vec![Part { place, first: 0, bytes }])
    }
}

impl fmt::Display for Travel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Travel::Parts(parts) => match &parts[..] {
                [Part { place, first: 0, .. }] => place.fmt(out),
                parts => {
                    for (at, Part { place, first, bytes }) in parts.iter().enumerate() {
                        let (comma, word) = if at == 0 { ("", "bytes ") } else { (", ", "") };
                        write!(out, "{comma}{place} ({word}{first} to {})", first + bytes - 1)?;
                    }
                    Ok(())
                }
            },
            Travel::Behind(place @ Place::Stack(_)) => {
                write!(out, "memory whose address is at {place}")
            }
            Travel::Behind(place) => write!(out, "memory whose address is in {place}"),
        }
    }
}

impl Abi {
    /// How each of a function's wire parameters travels, with structs and wide scalars by value (G-1 to G-8). `None` for
    /// all where that is not known here: of another ABI; beside extended floats but on System V x86-64, C having none
    /// elsewhere, and beside unions of one with an integer; and of variadic functions that pass such values.
    ///
    /// By System V psABI 3.2.3, Microsoft's x64 calling convention, AAPCS64 6.8.2 with what Apple says of its platforms,
    /// the RISC-V psABI's integer and hardware floating-point conventions (2.1 and 2.2, LP64D), and WebAssembly's Basic C
    /// ABI. What none of these says, which is 128-bit integers on Windows and in WebAssembly, is as Clang has it.
    pub fn travels(self, lowering: &Lowering, declarations: &Declarations) -> Vec<Option<Travel>> {
        let unknown = || vec![None; lowering.parameters.len()];
        let carriers = || lowering.parameters.iter().map(|parameter| &parameter.carrier);
        let aggregate =
            |carrier: &Carrier| matches!(carrier, Carrier::Struct(_) | Carrier::Wide(_));
        let any = carriers().chain(&lowering.returns).any(aggregate);
        if any && (lowering.fixed.is_some() || !self.has_all(lowering, declarations)) {
            return unknown();
        }
        let Some(mut file) = File::of(self) else { return unknown() };
        if let Some(Travel::Behind(_)) = self.returned(lowering, declarations)
            && self.takes_a_parameter_to_return()
        {
            file.address();
        }
        let named = lowering.fixed.unwrap_or(usize::MAX);
        let carriers = carriers().enumerate();
        carriers
            .map(|(position, carrier)| match members(carrier, declarations) {
                Some(members) => Some(file.aggregate(&members?)),
                None => {
                    let variadic = lowering.fixed.is_some();
                    Some(file.scalar(carrier, variadic, (position >= named).then_some(named)))
                }
            })
            .collect()
    }

    /// How a function's return travels back, where it has one: what is behind an address, the callee is given that.
    /// `None` as [`Abi::travels`] has it.
    pub fn returned(self, lowering: &Lowering, declarations: &Declarations) -> Option<Travel> {
        let carrier = lowering.returns.as_ref()?;
        if !self.has_all(lowering, declarations) {
            return None;
        }
        let Some(members) = members(carrier, declarations) else {
            let place = match self {
                Abi::Wasm => Place::Result,
                _ => Place::Register(self.returned_in(carrier)?),
            };
            return Some(Travel::whole(place, size(carrier)));
        };
        let members = members?;
        Some(self.returned_as(&members)?.unwrap_or_else(|| {
            Travel::Behind(match self {
                Abi::Aapcs64 | Abi::WindowsArm64 | Abi::AppleArm64 => Place::Register("x8"),
                Abi::Wasm => Place::Local(0),
                _ => Place::Register(self.registers().map_or("", |(integers, _)| integers[0])),
            })
        }))
    }

    /// The register that a callee leaves the address in that it was given to return through, where the ABI has it.
    pub fn gives_back(self) -> Option<&'static str> {
        matches!(self, Abi::SystemV | Abi::Win64).then_some("rax")
    }

    /// Without an address: by the inner `None` it is behind one, by the outer one nothing is known.
    fn returned_as(self, members: &Members) -> Option<Option<Travel>> {
        let Layout { size, .. } = members.layout;
        let registers = |integers: &'static [&str], floats: &'static [&str]| File {
            integers,
            floats,
            ..File::empty(self)
        };
        Some(match self {
            Abi::SystemV => {
                let x87 = [Eightbyte::X87, Eightbyte::X87Up];
                match members.eightbytes() {
                    Some(classes) if classes == x87 => {
                        Some(Travel::whole(Place::Register("st0"), size))
                    }
                    Some(classes) => {
                        registers(&["rax", "rdx"], &XMM[..2]).eightbytes(&classes, size)
                    }
                    None => None,
                }
            }
            Abi::Win64 if members.is_wide => Some(Travel::whole(Place::Register("xmm0"), size)),
            Abi::Win64 => {
                is_register_wide(size).then(|| Travel::whole(Place::Register("rax"), size))
            }
            Abi::Aapcs64 | Abi::WindowsArm64 | Abi::AppleArm64 => {
                let mut file = registers(&["x0", "x1"], &["v0", "v1", "v2", "v3"]);
                file.floats(members).or_else(|| file.words(size))
            }
            Abi::RiscV64 => {
                let mut file = registers(&["a0", "a1"], &["fa0", "fa1"]);
                file.flattened(members).or_else(|| file.words(size))
            }
            Abi::Wasm => match members.only {
                Some(scalar) if scalar.size() <= 8 => Some(Travel::whole(Place::Result, size)),
                _ => None,
            },
            Abi::Other => return None,
        })
    }

    fn takes_a_parameter_to_return(self) -> bool {
        !matches!(self, Abi::Aapcs64 | Abi::WindowsArm64 | Abi::AppleArm64)
    }

    /// Whether C has all that crosses as itself, and compilers are of one mind about it.
    fn has_all(self, lowering: &Lowering, declarations: &Declarations) -> bool {
        let carriers = lowering.parameters.iter().map(|parameter| &parameter.carrier);
        let mut crossing = carriers.chain(&lowering.returns).filter_map(crossing);
        let is_extended = |of: &Type| declarations.beyond(of).contains(&Beyond::LongDouble);
        crossing.all(|of| match self {
            Abi::SystemV => Members::of(&of, declarations).is_some_and(|all| !all.is_disputed()),
            _ => !is_extended(&of),
        })
    }
}

fn crossing(carrier: &Carrier) -> Option<Type> {
    match carrier {
        Carrier::Struct(name) => Some(Type::Named(name.clone())),
        Carrier::Wide(scalar) => Some(Type::Scalar(*scalar)),
        Carrier::Scalar(_) | Carrier::Pointer { .. } => None,
    }
}

/// What is more than a scalar that a register holds; the inner `None` is of what is not declared.
fn members(carrier: &Carrier, declarations: &Declarations) -> Option<Option<Members>> {
    crossing(carrier).map(|of| Members::of(&of, declarations))
}

fn size(carrier: &Carrier) -> usize {
    match carrier {
        Carrier::Scalar(scalar) | Carrier::Wide(scalar) => scalar.size(),
        Carrier::Struct(_) | Carrier::Pointer { .. } => Layout::word().size,
    }
}

/// Of Microsoft's convention for x64: what has the size of an integer travels as one.
fn is_register_wide(size: usize) -> bool {
    matches!(size, 1 | 2 | 4 | 8)
}

/// What of an ABI's registers and of the stack is taken so far.
struct File {
    abi: Abi,
    integers: &'static [&'static str],
    floats: &'static [&'static str],
    /// Of WebAssembly, and by Microsoft's convention for x64, where one count is of both, all parameters.
    used: usize,
    used_floats: usize,
    stack: usize,
}

impl File {
    fn empty(abi: Abi) -> File {
        File { abi, integers: &[], floats: &[], used: 0, used_floats: 0, stack: 0 }
    }

    fn of(abi: Abi) -> Option<File> {
        let (integers, floats) = abi.registers()?;
        let stack = if abi == Abi::Win64 { HOME_BYTES } else { 0 };
        Some(File { integers, floats, stack, ..File::empty(abi) })
    }

    fn left(&self) -> usize {
        self.integers.len().saturating_sub(self.used)
    }

    fn left_floats(&self) -> usize {
        self.floats.len().saturating_sub(self.used_floats)
    }

    fn spilled(&mut self, size: usize, alignment: usize) -> Place {
        let at = self.stack.next_multiple_of(alignment);
        self.stack = at + size;
        Place::Stack(at)
    }

    fn integer(&mut self) -> Option<Place> {
        let name = self.integers.get(self.used)?;
        self.used += 1;
        Some(Place::Register(name))
    }

    fn float(&mut self) -> Option<Place> {
        let name = self.floats.get(self.used_floats)?;
        self.used_floats += 1;
        Some(Place::Register(name))
    }

    /// Where a word goes that is an integer.
    fn address(&mut self) -> Place {
        if self.abi == Abi::Wasm {
            self.used += 1;
            return Place::Local(self.used - 1);
        }
        let register = self.integer();
        register.unwrap_or_else(|| {
            // One count for both.
            self.used += usize::from(self.abi == Abi::Win64);
            self.spilled(SLOT_BYTES, SLOT_BYTES)
        })
    }

    /// A scalar that a register holds. `behind` is, of a variable argument, how many are named.
    fn scalar(&mut self, carrier: &Carrier, variadic: bool, behind: Option<usize>) -> Travel {
        let bytes = size(carrier);
        let as_integer = match self.abi {
            Abi::RiscV64 => behind.is_some(),
            Abi::WindowsArm64 => variadic,
            _ => false,
        };
        let float = matches!(carrier, Carrier::Scalar(scalar) if is_float(*scalar));
        let place = match (self.abi, behind) {
            (Abi::Wasm, Some(named)) => {
                let at = self.stack.next_multiple_of(bytes);
                self.stack = at + bytes;
                return Travel::whole(Place::Behind(named, at), bytes);
            }
            (Abi::AppleArm64, Some(_)) => None,
            (Abi::Win64, _) if float => {
                let names = if behind.is_some() { &BOTH[..] } else { self.floats };
                let name = names.get(self.used);
                self.used += 1;
                name.map(|name| Place::Register(name))
            }
            _ if !float || as_integer || self.abi == Abi::Wasm => {
                if self.abi == Abi::Wasm || self.abi == Abi::Win64 {
                    Some(self.address())
                } else {
                    self.integer()
                }
            }
            // Floats beyond the eighth go where integers would.
            (Abi::RiscV64, _) => self.float().or_else(|| self.integer()),
            _ => self.float(),
        };
        let slot = if self.abi == Abi::AppleArm64 && behind.is_none() { bytes } else { SLOT_BYTES };
        Travel::whole(place.unwrap_or_else(|| self.spilled(slot, slot)), bytes)
    }

    fn aggregate(&mut self, members: &Members) -> Travel {
        let Layout { size, alignment } = members.layout;
        match self.abi {
            Abi::SystemV => {
                let classes = members.eightbytes().filter(|all| !all.contains(&Eightbyte::X87));
                let parts = classes.and_then(|classes| self.eightbytes(&classes, size));
                parts.unwrap_or_else(|| self.in_memory(size, alignment))
            }
            Abi::Win64 if is_register_wide(size) => Travel::whole(self.address(), size),
            Abi::Win64 => Travel::Behind(self.address()),
            Abi::Aapcs64 | Abi::WindowsArm64 | Abi::AppleArm64 => self.arm(members),
            Abi::RiscV64 => {
                if let Some(parts) = self.flattened(members) {
                    return parts;
                }
                if size > 16 {
                    return Travel::Behind(self.address());
                }
                match self.left() {
                    0 => self.in_memory(size, alignment),
                    // What does not fit behind the last register begins the stack.
                    1 if size > 8 => {
                        let register = self.address();
                        let rest = self.spilled(SLOT_BYTES, SLOT_BYTES);
                        Travel::Parts(vec![
                            Part { place: register, first: 0, bytes: 8 },
                            Part { place: rest, first: 8, bytes: size - 8 },
                        ])
                    }
                    _ => self.words(size).unwrap_or_else(|| self.in_memory(size, alignment)),
                }
            }
            Abi::Wasm => match members.only {
                Some(scalar) if scalar.size() <= 8 => Travel::whole(self.address(), size),
                Some(_) => {
                    let halves = [self.address(), self.address()];
                    let part = |(at, place)| Part { place, first: 8 * at, bytes: 8 };
                    Travel::Parts(halves.into_iter().enumerate().map(part).collect())
                }
                None => Travel::Behind(self.address()),
            },
            Abi::Other => Travel::Parts(Vec::new()),
        }
    }

    fn in_memory(&mut self, size: usize, alignment: usize) -> Travel {
        let place = self.spilled(size.next_multiple_of(SLOT_BYTES), alignment.max(SLOT_BYTES));
        Travel::whole(place, size)
    }

    /// AAPCS64 6.8.2, from B.3 to C.16.
    fn arm(&mut self, members: &Members) -> Travel {
        let Layout { size, alignment } = members.layout;
        let is_apple = self.abi == Abi::AppleArm64;
        if let Some(parts) = self.floats(members) {
            return parts;
        }
        if let Some((of, _)) = members.homogeneous() {
            self.used_floats = self.floats.len();
            // Packed ones are as aligned as others.
            if is_apple {
                return Travel::whole(self.spilled(size, of.alignment()), size);
            }
            return self.in_memory(size, alignment);
        }
        if size > 16 {
            return Travel::Behind(self.address());
        }
        // Apple's platforms begin at any.
        if alignment == 16 && !is_apple {
            self.used = self.used.next_multiple_of(2);
        }
        if let Some(parts) = self.words(size) {
            return parts;
        }
        self.used = self.integers.len();
        self.in_memory(size, alignment)
    }

    /// Each eightbyte in a register of its class, where as many are left.
    fn eightbytes(&mut self, classes: &[Eightbyte], size: usize) -> Option<Travel> {
        let integers = classes.iter().filter(|class| **class == Eightbyte::Integer).count();
        if integers > self.left() || classes.len() - integers > self.left_floats() {
            return None;
        }
        let part = |(at, class): (usize, &Eightbyte)| {
            let is_integer = *class == Eightbyte::Integer;
            let place = if is_integer { self.integer() } else { self.float() }?;
            Some(Part { place, first: 8 * at, bytes: (size - 8 * at).min(8) })
        };
        classes.iter().enumerate().map(part).collect::<Option<_>>().map(Travel::Parts)
    }

    /// One word after the other in integer registers, where as many are left.
    fn words(&mut self, size: usize) -> Option<Travel> {
        if size > 16 {
            return None;
        }
        self.eightbytes(&vec![Eightbyte::Integer; size.div_ceil(8)], size)
    }

    /// Each float of those that are all of it in a register of its own, where as many are left.
    fn floats(&mut self, members: &Members) -> Option<Travel> {
        let (of, count) = members.homogeneous()?;
        if count > self.left_floats() {
            return None;
        }
        let part = |at: usize| {
            Some(Part { place: self.float()?, first: at * of.size(), bytes: of.size() })
        };
        (0..count).map(part).collect::<Option<_>>().map(Travel::Parts)
    }

    /// Each of one or two scalars in a register of its own, where both files have one left for it.
    fn flattened(&mut self, members: &Members) -> Option<Travel> {
        let leaves = members.flattened()?;
        let is_float = |scalar: &Scalar| is_float(*scalar);
        let floats = leaves.iter().filter(|leaf| is_float(&leaf.scalar)).count();
        if floats > self.left_floats() || leaves.len() - floats > self.left() {
            return None;
        }
        let mut parts = Vec::new();
        for leaf in leaves {
            let place = if is_float(&leaf.scalar) { self.float() } else { self.integer() }?;
            parts.push(Part { place, first: leaf.offset, bytes: leaf.scalar.size() });
        }
        Some(Travel::Parts(parts))
    }
}
