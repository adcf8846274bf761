//! Lowering a valid signature to its wire form (contract L) and its invoker path (P-1 to P-3).
//!
//! Whenever a fixture library is read, this is compared with what its Zig layer worked out by itself, for
//! each function (ADR 26).

use crate::declarations::Declarations;
use crate::lowering::{Carrier, Lowering, Parameter, Path, Pointee, Release, Role};
use crate::scalar::Scalar;
use crate::types::{ArgumentKind, NamedKind, Pair, Signature, Type};

impl Lowering {
    /// The wire form of a signature.
    ///
    /// `declarations` are those the signature was read against: what a name means is looked up in
    /// them, and a name they lack is lowered as an opaque address.
    ///
    /// ```
    /// use contract::{Declarations, Lowering, Path, Signature};
    ///
    /// let none = Declarations::new();
    /// let signature = Signature::read("[xs [:slice :const :f64] :ret :f64]", &none)?;
    /// let lowering = Lowering::of(&signature, &none);
    /// assert_eq!(lowering.path, Path::General);
    /// assert_eq!(lowering.parameters.len(), 2);
    /// # Ok::<(), contract::Refusal>(())
    /// ```
    pub fn of(signature: &Signature, declarations: &Declarations) -> Lowering {
        // Two for each argument and for the return are enough of most signatures.
        let room = 2 * signature.arguments.len() + signature.lengths.len() + 2;
        let mut lowerer = Lowerer { declarations, parameters: Vec::with_capacity(room) };
        let mut fixed = None;
        for pair in signature.pairs() {
            match pair {
                // Z-3: a length stands where its binding does.
                Pair::Length(length, of) => {
                    lowerer.push(Role::Count { length }, Carrier::Scalar(of.scalar));
                }
                Pair::Argument(index, argument) => {
                    if signature.is_variable(index) {
                        fixed.get_or_insert(lowerer.parameters.len());
                    }
                    lowerer.argument(index, &argument.kind);
                }
            }
        }
        let fixed = signature.fixed.map(|_| fixed.unwrap_or(lowerer.parameters.len()));
        let (returns, release) = lowerer.returns(signature.declared_return());
        let parameters = lowerer.parameters;
        Lowering { path: path(signature, declarations), parameters, fixed, returns, release }
    }
}

/// Collects wire parameters in order.
struct Lowerer<'d> {
    declarations: &'d Declarations,
    parameters: Vec<Parameter>,
}

impl Lowerer<'_> {
    fn push(&mut self, role: Role, carrier: Carrier) {
        self.parameters.push(Parameter { carrier, role });
    }

    fn argument(&mut self, argument: usize, kind: &ArgumentKind) {
        match kind {
            ArgumentKind::Plain(of) => self.plain(argument, of),
            // S-3: a rest argument is one trailing const slice.
            ArgumentKind::Rest(scalar) => {
                self.buffer(argument, read_only(Pointee::Scalar(*scalar)));
            }
            ArgumentKind::Destructured(fields) => {
                for (field, (_, scalar)) in fields.iter().enumerate() {
                    self.push(Role::Field { argument, field }, Carrier::Scalar(*scalar));
                }
            }
        }
    }

    fn plain(&mut self, argument: usize, of: &Type) {
        let value = match of {
            Type::Scalar(scalar) if scalar.is_carrier() => Carrier::Scalar(*scalar),
            Type::Scalar(scalar) => read_only(Pointee::Scalar(*scalar)),
            Type::String | Type::Bytes => {
                return self.buffer(argument, read_only(Pointee::Scalar(Scalar::U8)));
            }
            Type::Slice { constant, of } => {
                let to = self.pointee(of);
                let address = Carrier::Pointer { constant: *constant, nullable: false, to };
                return self.buffer(argument, address);
            }
            Type::Pointer { constant, of, .. } => {
                Carrier::Pointer { constant: *constant, nullable: false, to: self.pointee(of) }
            }
            Type::Array { .. } => read_only(self.pointee(of)),
            Type::Optional(of) => self.optional(of),
            Type::Handle(_) => {
                // C-7: nil is no handle, so null never crosses as an argument.
                Carrier::Pointer { constant: false, nullable: false, to: self.pointee(of) }
            }
            Type::Function(of) | Type::Kept(of) => {
                let of = Lowering::of(&of.signature(), self.declarations);
                let arguments = of.parameters.into_iter().map(|one| one.carrier).collect();
                read_only(Pointee::Function { arguments, returns: of.returns.map(Box::new) })
            }
            Type::Named(name) => match self.declarations.enumeration(name) {
                Some((backing, _)) => Carrier::Scalar(backing),
                None => read_only(self.pointee(of)),
            },
            Type::ByValue(of) => by_value(of),
            Type::CString { .. } => read_only(Pointee::Scalar(Scalar::U8)),
            Type::Counted { constant, of, .. } => {
                Carrier::Pointer { constant: *constant, nullable: false, to: self.pointee(of) }
            }
            Type::InOut(of) => written(self.pointee(of)),
            // No valid signature takes these (S-4).
            Type::Void
            | Type::NoReturn
            | Type::ErrorUnion { .. }
            | Type::Owned(_)
            | Type::Borrowed(_)
            | Type::Results(_)
            | Type::Stream { .. } => return,
        };
        self.push(Role::Value { argument }, value);
    }

    fn buffer(&mut self, argument: usize, address: Carrier) {
        self.push(Role::Value { argument }, address);
        self.push(Role::Length { argument }, Carrier::Scalar(Scalar::Usize));
    }

    /// L-10 and L-20: the pointer itself, or a pointer to what is no pointer.
    fn optional(&self, of: &Type) -> Carrier {
        match of {
            Type::Pointer { constant, of, .. } => {
                Carrier::Pointer { constant: *constant, nullable: true, to: self.pointee(of) }
            }
            Type::CString { .. } => nullable(true, Pointee::Scalar(Scalar::U8)),
            _ => nullable(true, self.pointee(of)),
        }
    }

    /// The register return and what frees it; pushes the out-parameters.
    fn returns(&mut self, of: &Type) -> (Option<Carrier>, Option<Release>) {
        match of {
            Type::Scalar(_) | Type::Named(_) => (self.value(of), None),
            Type::String | Type::Bytes => {
                self.out_buffer();
                (None, Some(Release::Buffer))
            }
            Type::ByValue(of) => (Some(by_value(of)), None),
            Type::Owned(of) => match &**of {
                Type::Named(name) => {
                    self.out_value(of);
                    (None, Some(Release::Struct(name.clone())))
                }
                _ => {
                    self.out_buffer();
                    (None, Some(Release::Buffer))
                }
            },
            Type::Borrowed(of) => {
                match &**of {
                    Type::Named(_) => self.out_value(of),
                    _ => self.out_buffer(),
                }
                (None, None)
            }
            Type::ErrorUnion { of, .. } => self.error_union(of),
            Type::Optional(of) => {
                let release = match &**of {
                    Type::Named(name) => Some(Release::Optional(name.clone())),
                    _ => None,
                };
                (Some(self.optional(of)), release)
            }
            Type::Handle(_) => {
                let to = self.pointee(of);
                (Some(Carrier::Pointer { constant: false, nullable: true, to }), None)
            }
            Type::Stream { of, .. } => {
                let release = match **of {
                    Type::Scalar(item) => Some(Release::Stream(item)),
                    _ => None,
                };
                (Some(Carrier::Scalar(Scalar::Usize)), release)
            }
            // Z-2, Z-4: any pointer of C's may be null.
            Type::CString { .. } => (Some(nullable(true, Pointee::Scalar(Scalar::U8))), None),
            Type::Counted { constant, of, .. } => {
                (Some(nullable(*constant, self.pointee(of))), None)
            }
            // No valid signature returns the others bare (S-4).
            Type::Void
            | Type::NoReturn
            | Type::Function(_)
            | Type::Kept(_)
            | Type::InOut(_)
            | Type::Results(_)
            | Type::Pointer { .. }
            | Type::Slice { .. }
            | Type::Array { .. } => (None, None),
        }
    }

    /// A value returned in the register, or through memory (L-1, L-3, L-5, L-9).
    fn value(&mut self, of: &Type) -> Option<Carrier> {
        match of {
            Type::Void => None,
            Type::Scalar(scalar) if scalar.is_carrier() => Some(Carrier::Scalar(*scalar)),
            Type::Named(name) if let Some((backing, _)) = self.declarations.enumeration(name) => {
                Some(Carrier::Scalar(backing))
            }
            _ => {
                self.out_value(of);
                None
            }
        }
    }

    /// L-14: the error's name comes before the value.
    fn error_union(&mut self, of: &Type) -> (Option<Carrier>, Option<Release>) {
        self.push(Role::ErrorName, written(Pointee::Scalar(Scalar::U8)));
        self.push(Role::ErrorLength, written(Pointee::Scalar(Scalar::Usize)));
        let release = match of {
            Type::Named(name) if self.declarations.fields(name).is_some() => {
                Some(Release::Struct(name.clone()))
            }
            _ => None,
        };
        (self.value(of), release)
    }

    fn out_buffer(&mut self) {
        self.push(Role::OutAddress, written(Pointee::Scalar(Scalar::Usize)));
        self.push(Role::OutLength, written(Pointee::Scalar(Scalar::Usize)));
    }

    fn out_value(&mut self, of: &Type) {
        let to = self.pointee(of);
        self.push(Role::OutValue, written(to));
    }

    fn pointee(&self, of: &Type) -> Pointee {
        match of {
            Type::Scalar(scalar) => Pointee::Scalar(*scalar),
            Type::Array { length, of } => {
                Pointee::Array { length: *length, of: Box::new(self.pointee(of)) }
            }
            Type::Named(name) => match self.declarations.get(name).map(|named| &named.kind) {
                Some(NamedKind::Enum { backing, .. }) => {
                    Pointee::Enum { name: name.clone(), backing: *backing }
                }
                Some(NamedKind::Struct { .. } | NamedKind::Iterator { .. }) => {
                    Pointee::Struct(name.clone())
                }
                None => Pointee::Opaque(name.clone()),
            },
            Type::Handle(name) => Pointee::Opaque(name.clone()),
            _ => Pointee::Opaque(of.to_string()),
        }
    }
}

/// G-1, and of a scalar G-7 and G-8.
fn by_value(of: &Type) -> Carrier {
    match of {
        Type::Scalar(scalar) => Carrier::Wide(*scalar),
        of => Carrier::Struct(of.to_string()),
    }
}

fn nullable(constant: bool, to: Pointee) -> Carrier {
    Carrier::Pointer { constant, nullable: true, to }
}

fn read_only(to: Pointee) -> Carrier {
    Carrier::Pointer { constant: true, nullable: false, to }
}

fn written(to: Pointee) -> Carrier {
    Carrier::Pointer { constant: false, nullable: false, to }
}

/// The first path that serves every parameter and the return (P-1 to P-3). A destructured argument
/// is its carrier scalars (S-2), so it keeps a signature on the scalar path.
fn path(signature: &Signature, declarations: &Declarations) -> Path {
    let arguments = signature.arguments.iter().map(|argument| match &argument.kind {
        ArgumentKind::Plain(of) => type_path(of, declarations),
        ArgumentKind::Destructured(_) => Path::Scalar,
        ArgumentKind::Rest(_) => Path::General,
    });
    let returns = match signature.fixed {
        // W-1
        Some(_) => Path::General,
        None => type_path(&signature.returns, declarations),
    };
    arguments.fold(returns, Path::max)
}

fn type_path(of: &Type, declarations: &Declarations) -> Path {
    match of {
        Type::Void => Path::Scalar,
        Type::Scalar(scalar) if scalar.is_carrier() => Path::Scalar,
        Type::Handle(_) => Path::EnumAndHandle,
        Type::Named(name) if declarations.enumeration(name).is_some() => Path::EnumAndHandle,
        _ => Path::General,
    }
}
