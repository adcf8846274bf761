//! What came of a call: the return, out-parameters and what they lead to, shown; what is owned, given
//! back once; streams, fetched item by item.

use contract::{Carrier, Layout, Release, Role, Scalar, Type, c_identifier};

use super::text::{Lines, c_string, kept_name, scalar_shown};
use super::{Call, NotInC};

impl Call<'_> {
    /// The variable of a handle: of the name the step keeps it under, or of the step's number.
    pub(super) fn kept(&self) -> Option<String> {
        let handle = matches!(self.step.function.signature.returns, Type::Handle(_));
        let named = self.step.keep.as_ref().map(|name| kept_name(name));
        handle.then(|| named.unwrap_or_else(|| format!("unnamed{}", self.number)))
    }

    /// What the call is assigned to.
    pub(super) fn assigned(&self, kept: Option<&str>) -> String {
        match (kept, &self.lowering.returns) {
            (Some(kept), _) => format!("{kept} = "),
            (None, Some(Carrier::Scalar(scalar) | Carrier::Wide(scalar))) => {
                format!("{} result = ", scalar.c_type())
            }
            (None, Some(Carrier::Pointer { .. })) => "const void *result = ".to_owned(),
            (None, Some(Carrier::Struct(of))) => format!("struct {} result = ", c_identifier(of)),
            (None, None) => String::new(),
        }
    }

    /// What is shown after the call, and given back.
    pub(super) fn come(&self, kept: Option<&str>, main: &mut Lines) -> Result<(), NotInC> {
        let of = &self.step.function.signature.returns;
        if let Type::ErrorUnion { of, .. } = of {
            main.open("if (errlen >= sizeof err) {");
            main.say("printf(\"  no error has a name of %zu bytes\\n\", errlen);");
            main.turn("} else if (errlen != 0) {");
            main.say("printf(\"  returned error %.*s\\n\", (int)errlen, (const char *)err);");
            main.turn("} else {");
            self.value(of, kept, main)?;
            main.close("}");
            Ok(())
        } else {
            self.value(of, kept, main)
        }
    }

    fn value(&self, of: &Type, kept: Option<&str>, main: &mut Lines) -> Result<(), NotInC> {
        let out = |role: Role| self.lowering.parameters.iter().any(|there| there.role == role);
        match (of, kept, &self.lowering.returns) {
            (_, Some(kept), _) => main.say(&format!("printf(\"  returned %p\\n\", {kept});")),
            (Type::Void, ..) => main.say("printf(\"  returned\\n\");"),
            (Type::Stream { .. }, ..) => self.stream(main),
            (_, _, Some(Carrier::Struct(_) | Carrier::Wide(_))) => {
                main.say("show(\"returned\", &result, sizeof result);");
            }
            (Type::Optional(inner), ..) => {
                let of = match &**inner {
                    Type::Pointer { of, .. } => of,
                    _ => inner,
                };
                main.say("printf(\"  returned %p\\n\", result);");
                main.open("if (result) {");
                main.say(&format!("show(\"which holds\", result, {});", self.size(of)?));
                self.buffers(of, "(const unsigned char *)result", "within it", 0, main)?;
                main.close("}");
            }
            (_, _, Some(Carrier::Scalar(scalar))) => {
                scalar_shown(*scalar, "result").iter().for_each(|line| main.say(line));
            }
            _ if out(Role::OutAddress) => self.buffer(of, "ptr", "len", "returned", 0, main)?,
            _ => {
                let of = match of {
                    Type::Owned(of) | Type::Borrowed(of) => of,
                    of => of,
                };
                main.say(&format!("show(\"returned\", ret, {});", self.size(of)?));
                self.buffers(of, "ret", "within it", 0, main)?;
            }
        }
        let given_back = match &self.lowering.release {
            None => return Ok(()),
            Some(Release::Buffer) => "ptr, len",
            Some(Release::Struct(_)) => "(void *)ret",
            Some(Release::Optional(_)) => "(uintptr_t)result",
            Some(Release::Stream(_)) => "result",
        };
        main.say(&self.lookup("release", "__free"));
        main.say(&format!("release({given_back});"));
        Ok(())
    }

    /// Fetches as many items as the step takes.
    fn stream(&self, main: &mut Lines) {
        let Some(Release::Stream(item)) = self.lowering.release else { return };
        main.say(&self.lookup("next", "__next"));
        main.say(&format!("{} item;", item.c_type()));
        main.open(&match self.step.take {
            Some(take) => {
                format!("for (size_t at = 0; at < {take} && next(result, &item); at++) {{")
            }
            None => "while (next(result, &item)) {".to_owned(),
        });
        scalar_shown(item, "item").iter().for_each(|line| main.say(line));
        main.close("}");
    }

    /// A buffer by its address and length, and the buffers of its elements.
    fn buffer(
        &self,
        of: &Type,
        address: &str,
        length: &str,
        what: &str,
        depth: usize,
        main: &mut Lines,
    ) -> Result<(), NotInC> {
        let element = match of {
            Type::Owned(of) | Type::Borrowed(of) => {
                return self.buffer(of, address, length, what, depth, main);
            }
            Type::Slice { of, .. } => Some(&**of),
            _ => None,
        };
        // Text and bytes have elements of one.
        let size = element.map_or(Ok(1), |of| self.size(of))?;
        let shown = format!("show_elements({}, {address}, {length}, {size});", c_string(what));
        match element.filter(|of| self.leads(of)) {
            None => main.say(&shown),
            Some(of) => {
                main.open("{");
                main.say(&format!("size_t count{depth} = {shown}"));
                self.row(of, &format!("count{depth}"), &format!("({address})"), what, depth, main)?;
                main.close("}");
            }
        }
        Ok(())
    }

    /// The buffers that elements in a row lead to.
    fn row(
        &self,
        of: &Type,
        count: &str,
        from: &str,
        what: &str,
        depth: usize,
        main: &mut Lines,
    ) -> Result<(), NotInC> {
        let at = format!("at{depth}");
        main.open(&format!("for (size_t {at} = 0; {at} < {count}; {at}++) {{"));
        let element = format!("(const unsigned char *){from} + {at} * {}", self.size(of)?);
        self.buffers(of, &element, what, depth + 1, main)?;
        main.close("}");
        Ok(())
    }

    /// The buffers that an item in memory leads to (L-17).
    fn buffers(
        &self,
        of: &Type,
        from: &str,
        what: &str,
        depth: usize,
        main: &mut Lines,
    ) -> Result<(), NotInC> {
        if !self.leads(of) {
            return Ok(());
        }
        match of {
            Type::Array { length, of } => {
                self.row(of, &length.to_string(), &format!("({from})"), what, depth, main)
            }
            Type::Named(name) => {
                let found = self.declarations.fields(name);
                let found = found.zip(self.declarations.struct_layout(name));
                let (fields, layout) = found.ok_or_else(|| no_layout(of))?;
                for (field, offset) in fields.iter().zip(&layout.offsets) {
                    let what = format!("{name}.{}", field.name);
                    self.buffers(&field.of, &format!("{from} + {offset}"), &what, depth, main)?;
                }
                Ok(())
            }
            of => {
                let length = format!("word({from} + {})", Scalar::Usize.size());
                self.buffer(of, &format!("word({from})"), &length, what, depth, main)
            }
        }
    }

    /// Whether an item in memory holds an address and a length.
    fn leads(&self, of: &Type) -> bool {
        match of {
            Type::Array { of, .. } => self.leads(of),
            Type::Named(name) => self.declarations.has_buffers(name),
            Type::Scalar(_) => false,
            _ => true,
        }
    }

    /// How many bytes an item has in memory.
    fn size(&self, of: &Type) -> Result<usize, NotInC> {
        let found = Layout::of(of, self.declarations).ok_or_else(|| no_layout(of))?;
        Ok(found.size)
    }
}

fn no_layout(of: &Type) -> NotInC {
    NotInC::NoLayout { of: of.to_string() }
}
