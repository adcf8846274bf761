//! What a measuring process is to do, and all that it needs to know of the corpus: reading that takes longer
//! than measuring a shape.

use std::collections::BTreeMap;

use contract::Path;
use corpus::case::Corpus;
use serde::{Deserialize, Serialize};

use super::burden::Burden;
use super::series;
use super::shapes::{SHAPES, Shape};

/// The places that the loops of the library and of the suite are compiled at (docs/evidence.md, *Shapes*).
pub const PLACEMENTS: u32 = 3;

/// What a measuring process is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Names of shapes.
    shapes: Vec<String>,
    /// Milliseconds of batches for each shape and path. Without them it makes loops for callgrind (`count`).
    pub shape_ms: Option<u64>,
    /// Which of the places that loops are compiled at it uses, and what else moves with it.
    pub placement: u32,
    /// An extra cost planted beside each call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) burden: Option<Burden>,
    /// The named types, as every subject gets them.
    pub(super) declarations: String,
    /// The functions of the shapes by native symbol.
    functions: BTreeMap<String, Declared>,
}

/// A function as a suite declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Declared {
    pub(super) signature: String,
    pub(super) consumes: Option<usize>,
}

impl Work {
    /// To measure these shapes for so many milliseconds each, or to make loops of them for callgrind. The names of
    /// no shape are left out.
    pub fn of<T: AsRef<str>>(corpus: &Corpus, shapes: &[T], shape_ms: Option<u64>) -> Work {
        let mut work = Work {
            shapes: shapes.iter().map(|shape| shape.as_ref().to_owned()).collect(),
            shape_ms,
            placement: 0,
            burden: None,
            declarations: corpus.declarations_text.clone(),
            functions: BTreeMap::new(),
        };
        let declared = |shape: &Shape, symbol: &str| {
            if let Some(signature) = shape.signature {
                return Some(Declared { signature: signature(), consumes: None });
            }
            let function = corpus.functions.get(symbol)?;
            Some(Declared { signature: function.text.clone(), consumes: function.consumes })
        };
        let symbols = work.shapes().flat_map(|shape| {
            let symbols = shape.symbols().into_iter();
            symbols.filter_map(move |symbol| Some((symbol.to_owned(), declared(shape, symbol)?)))
        });
        work.functions = symbols.collect();
        work
    }

    /// The same work, with an extra cost planted beside each call.
    #[must_use]
    pub fn bearing(self, burden: Option<Burden>) -> Work {
        Work { burden, ..self }
    }

    /// The same work, of some of its shapes.
    #[must_use]
    pub fn only<T: AsRef<str>>(&self, shapes: &[T]) -> Work {
        let mut work = self.clone();
        work.shapes.retain(|shape| shapes.iter().any(|only| only.as_ref() == shape));
        work
    }

    /// The same work of one shape each, in the manifest's order.
    pub(super) fn each_shape(&self) -> impl Iterator<Item = Work> {
        self.shapes().map(|shape| self.only(&[shape.name]))
    }

    /// The same work at another placement, for some of its shapes where they are named.
    pub(super) fn again(&self, placement: u32, only: Option<&[String]>) -> Work {
        let work = only.map_or_else(|| self.clone(), |only| self.only(only));
        Work { placement, ..work }
    }

    /// The shapes, in the manifest's order.
    pub(super) fn shapes(&self) -> impl Iterator<Item = &'static Shape> {
        let of_series = series::points().map(|point| &point.shape);
        SHAPES
            .iter()
            .chain(of_series)
            .filter(|shape| self.shapes.iter().any(|name| name == shape.name))
    }

    pub(super) fn function(&self, symbol: &str) -> Result<&Declared, String> {
        let declared = self.functions.get(symbol);
        declared.ok_or_else(|| format!("no suite declares `{symbol}`, which a shape calls"))
    }
}

/// The path that serves several functions, as far as one word can say it.
pub(super) fn path_of_both(one: Path, other: Path) -> Path {
    match (one, other) {
        (Path::Scalar, other) => other,
        (one, Path::Scalar) => one,
        (Path::EnumAndHandle, Path::EnumAndHandle) => Path::EnumAndHandle,
        _ => Path::General,
    }
}
