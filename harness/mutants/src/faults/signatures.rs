//! Faults in reading signatures and declarations.

use super::{Class, Edit, Fault};

const ADAPTER: &str = "harness/src/served/reference/mod.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "accepts-duplicate-binding",
        breaks: "a signature or declaration that is to be refused with duplicate-binding is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "if refusal.code == contract::RefusalCode::DuplicateBinding { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "accepts-misplaced-rest",
        breaks: "a signature or declaration that is to be refused with misplaced-rest is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "if refusal.code == contract::RefusalCode::MisplacedRest { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "accepts-void-argument",
        breaks: "a signature or declaration that is to be refused with void-argument is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "if refusal.code == contract::RefusalCode::VoidArgument { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "accepts-unsupported-bytes",
        breaks: "a signature or declaration that is to be refused with unsupported-bytes is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "if refusal.code == contract::RefusalCode::UnsupportedBytes { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "accepts-unknown-field",
        breaks: "a signature or declaration that is to be refused with unknown-field is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "if refusal.code == contract::RefusalCode::UnknownField { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "accepts-enum-value-overflow",
        breaks: "a signature or declaration that is to be refused with enum-value-overflow is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "if refusal.code == contract::RefusalCode::EnumValueOverflow { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "accepts-duplicate-field",
        breaks: "a signature or declaration that is to be refused with duplicate-field is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "if refusal.code == contract::RefusalCode::DuplicateField { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "accepts-reserved-binding",
        breaks: "a signature or declaration that is to be refused with reserved-binding is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "if refusal.code == contract::RefusalCode::ReservedBinding { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "accepts-mutable-struct-slice",
        breaks: "a signature or declaration that is to be refused with mutable-struct-slice is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "if refusal.code == contract::RefusalCode::MutableStructSlice { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "accepts-unsupported-buffer-struct-return",
        breaks: "a signature or declaration that is to be refused with unsupported-buffer-struct-return is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "if refusal.code == contract::RefusalCode::UnsupportedBufferStructReturn { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "refusal-has-another-code",
        breaks: "every signature is refused with one code",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "ReadReply::Refused(SignatureRefusal { code: Some(contract::RefusalCode::InvalidSignature), ..self.describe_refusal(refusal) })",
        }],
    },
    Fault {
        name: "refusal-is-a-byte-off",
        breaks: "the position of a refusal counts from 1",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "{ let mut refused = self.describe_refusal(refusal); refused.offset = refused.offset.map(|at| at + 1); ReadReply::Refused(refused) }",
        }],
    },
    Fault {
        name: "refusal-quotes-the-whole",
        breaks: "the form at fault is the whole signature",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Refused(self.describe_refusal(refusal))",
            with: "ReadReply::Refused(SignatureRefusal { form: Some(request.signature.clone()), ..self.describe_refusal(refusal) })",
        }],
    },
    Fault {
        name: "normal-form-without-const",
        breaks: "normal forms lack `const?`",
        clauses: &["S-1", "T-9"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Accepted(Some(normal_forms(&signature)))",
            with: r#"{ let mut forms = normal_forms(&signature); forms.signature = forms.signature.replace(":const? true", ":const? false"); forms.types.iter_mut().for_each(|form| *form = form.replace(":const? true", ":const? false")); ReadReply::Accepted(Some(forms)) }"#,
        }],
    },
    Fault {
        name: "normal-form-of-the-return-missing",
        breaks: "the normal form of the return is missing",
        clauses: &["T-9"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Accepted(Some(normal_forms(&signature)))",
            with: "{ let mut forms = normal_forms(&signature); forms.types.pop(); ReadReply::Accepted(Some(forms)) }",
        }],
    },
    Fault {
        name: "refuses-extended-floats",
        breaks: "signatures with an f80 are refused",
        clauses: &["S-4"],
        class: Class::Refuse,
        arms: &["refusal", "malformed"],
        edits: &[Edit {
            file: ADAPTER,
            replace: "ReadReply::Accepted(Some(normal_forms(&signature)))",
            with: r#"if request.signature.contains(":f80") { ReadReply::Refused(SignatureRefusal { code: Some(contract::RefusalCode::UnknownScalar), offset: Some(0), form: None, message: String::new() }) } else { ReadReply::Accepted(Some(normal_forms(&signature))) }"#,
        }],
    },
];
