//! Lowering a valid signature to its wire form (contract L) and its invoker path (P-1 to P-3).

use crate::declarations::Declarations;
use crate::lowering::{Carrier, Lowering, Parameter, Path, Pointee, Release, Role};
use crate::scalar::Scalar;
use crate::types::{ArgumentKind, NamedKind, Signature, Type};

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
        let mut lowerer = Lowerer { declarations, parameters: Vec::new() };
        for (index, argument) in signature.arguments.iter().enumerate() {
            lowerer.argument(index, &argument.kind);
        }
        let (returns, release) = lowerer.returns(&signature.returns);
        let parameters = lowerer.parameters;
        Lowering { path: path(signature, declarations), parameters, returns, release }
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
            Type::Named(name) => match self.declarations.enumeration(name) {
                Some((backing, _)) => Carrier::Scalar(backing),
                None => read_only(self.pointee(of)),
            },
            // No valid signature takes these (S-4).
            Type::Void
            | Type::NoReturn
            | Type::ErrorUnion { .. }
            | Type::Owned(_)
            | Type::Borrowed(_)
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
            _ => Carrier::Pointer { constant: true, nullable: true, to: self.pointee(of) },
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
            // No valid signature returns the last three bare (S-4).
            Type::Void
            | Type::NoReturn
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
            Type::Named(name) if self.declarations.has_buffers(name) => {
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
    let returns = type_path(&signature.returns, declarations);
    arguments.fold(returns, |widest, path| match (widest, path) {
        (Path::General, _) | (_, Path::General) => Path::General,
        (Path::EnumAndHandle, _) | (_, Path::EnumAndHandle) => Path::EnumAndHandle,
        (Path::Scalar, Path::Scalar) => Path::Scalar,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &str = "
        (defenumz Color {:backing :i16} [red 0 green -1])
        (deftypez Point [x :f64 y :f64])
        (defrecordz Text [s :string])
        (deftypez I [] {:clj-zig/iter {:next \"f\" :deinit \"g\"}})";

    fn lower(signature: &str) -> Lowering {
        let declared = Declarations::read(DECLARED).expect("valid");
        let signature = Signature::read(signature, &declared)
            .unwrap_or_else(|refusal| panic!("{signature}: {refusal}"));
        Lowering::of(&signature, &declared)
    }

    /// One wire parameter, shortly: `const` and `?` for a pointer, then what it is and its role.
    fn show_carrier(carrier: &Carrier) -> String {
        match carrier {
            Carrier::Scalar(scalar) => scalar.name().to_owned(),
            Carrier::Pointer { constant, nullable, to } => format!(
                "{}*{}{}",
                if *nullable { "?" } else { "" },
                if *constant { "const " } else { "" },
                show_pointee(to)
            ),
        }
    }

    fn show_pointee(to: &Pointee) -> String {
        match to {
            Pointee::Scalar(scalar) => scalar.name().to_owned(),
            Pointee::Enum { name, backing } => format!("{name}:{}", backing.name()),
            Pointee::Struct(name) => format!("Wire({name})"),
            Pointee::Array { length, of } => format!("[{length}]{}", show_pointee(of)),
            Pointee::Opaque(name) => name.clone(),
        }
    }

    fn show_role(role: Role) -> String {
        match role {
            Role::Value { argument } => format!("{argument}"),
            Role::Length { argument } => format!("{argument}.len"),
            Role::Field { argument, field } => format!("{argument}.{field}"),
            out => format!("{out:?}"),
        }
    }

    fn show(lowering: &Lowering) -> String {
        let parameters: Vec<_> = lowering
            .parameters
            .iter()
            .map(|parameter| {
                format!("{}={}", show_role(parameter.role), show_carrier(&parameter.carrier))
            })
            .collect();
        let returns = lowering.returns.as_ref().map_or("void".to_owned(), show_carrier);
        let release = match &lowering.release {
            None => String::new(),
            Some(release) => format!(" free {release:?}"),
        };
        format!("({}) {returns}{release}", parameters.join(" "))
    }

    #[test]
    fn every_argument_row_of_l() {
        for (form, wanted) in [
            (":i8", "0=i8"),
            (":f16", "0=f16"),
            (":u128", "0=*const u128"),
            (":f80", "0=*const f80"),
            ("Color", "0=i16"),
            ("[:ptr :u8]", "0=*u8"),
            ("[:manyptr :const :f128]", "0=*const f128"),
            ("[:slice :u8]", "0=*u8 0.len=usize"),
            ("[:slice :const Color]", "0=*const Color:i16 0.len=usize"),
            ("[:slice :const Text]", "0=*const Wire(Text) 0.len=usize"),
            (":string", "0=*const u8 0.len=usize"),
            ("[:array 3 Point]", "0=*const [3]Wire(Point)"),
            ("Text", "0=*const Wire(Text)"),
            ("[:optional [:ptr :i64]]", "0=?*i64"),
            ("[:optional [:manyptr :const :i64]]", "0=?*const i64"),
            ("[:optional :f64]", "0=?*const f64"),
            ("[:optional Point]", "0=?*const Wire(Point)"),
            ("[:handle Box]", "0=*Box"),
        ] {
            let lowering = lower(&format!("[x {form} :ret :void]"));
            assert_eq!(show(&lowering), format!("({wanted}) void"), "{form}");
        }
        assert_eq!(
            show(&lower("[x :i8 {a :k b :j} {:j :f32 :k :u8} & xs :bool :ret :i8]")),
            "(0=i8 1.0=u8 1.1=f32 2=*const bool 2.len=usize) i8"
        );
    }

    #[test]
    fn every_return_row_of_l() {
        let buffer = "OutAddress=*usize OutLength=*usize";
        let error = "ErrorName=*u8 ErrorLength=*usize";
        for (form, wanted) in [
            (":bool", "() bool".to_owned()),
            (":void", "() void".to_owned()),
            (":i128", "(OutValue=*i128) void".to_owned()),
            ("Color", "() i16".to_owned()),
            ("Point", "(OutValue=*Wire(Point)) void".to_owned()),
            ("[:optional [:ptr :u8]]", "() ?*u8".to_owned()),
            ("[:optional [:ptr :const :u8]]", "() ?*const u8".to_owned()),
            ("[:optional :i8]", "() ?*const i8".to_owned()),
            ("[:optional Text]", "() ?*const Wire(Text) free Optional(\"Text\")".to_owned()),
            (":string", format!("({buffer}) void free Buffer")),
            ("[:bytes [:slice :u8]]", format!("({buffer}) void free Buffer")),
            ("[:owned [:slice Text]]", format!("({buffer}) void free Buffer")),
            ("[:borrowed [:slice :f80]]", format!("({buffer}) void")),
            ("[:owned Text]", "(OutValue=*Wire(Text)) void free Struct(\"Text\")".to_owned()),
            ("[:borrowed Text]", "(OutValue=*Wire(Text)) void".to_owned()),
            ("[:error-union E :void]", format!("({error}) void")),
            ("[:error-union E :u64]", format!("({error}) u64")),
            ("[:error-union E Color]", format!("({error}) i16")),
            ("[:error-union E :f80]", format!("({error} OutValue=*f80) void")),
            ("[:error-union E Point]", format!("({error} OutValue=*Wire(Point)) void")),
            (
                "[:error-union E Text]",
                format!("({error} OutValue=*Wire(Text)) void free Struct(\"Text\")"),
            ),
            ("[:handle Box]", "() ?*Box".to_owned()),
            ("[:stream :u16 of I]", "() usize free Stream(U16)".to_owned()),
        ] {
            assert_eq!(show(&lower(&format!("[:ret {form}]"))), wanted, "{form}");
        }
    }

    #[test]
    fn the_path_follows_from_the_signature() {
        for (signature, path) in [
            ("[:ret :void]", Path::Scalar),
            ("[x :i64 y :f16 z :bool :ret :u8]", Path::Scalar),
            ("[{a :x} {:x :i64} :ret :void]", Path::Scalar),
            ("[x Color :ret :void]", Path::EnumAndHandle),
            ("[x :i64 :ret Color]", Path::EnumAndHandle),
            ("[x [:handle Box] y Color :ret [:handle Box]]", Path::EnumAndHandle),
            ("[x :i128 :ret :void]", Path::General),
            ("[x Color :ret :u128]", Path::General),
            ("[x Point :ret :void]", Path::General),
            ("[x [:optional :i64] :ret :void]", Path::General),
            ("[& xs :i64 :ret :void]", Path::General),
            ("[x Color :ret [:error-union E :i64]]", Path::General),
            ("[:ret [:stream :i64 of I]]", Path::General),
        ] {
            assert_eq!(lower(signature).path, path, "{signature}");
        }
    }
}
